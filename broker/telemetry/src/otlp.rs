//! Reading pushed metrics: OpenTelemetry's `MetricsData` in protobuf, point by point.
//!
//! A push is read where it lies: nothing is built of it but the point at hand, so a small push cannot
//! grow in memory. Gauges and sums are read, which is what clients send; other kinds are passed over,
//! as are unknown fields. Depth and the attributes of a point are bounded.

#[cfg(test)]
mod tests;

/// Attributes of a point; more are left out.
const ATTRIBUTES_MAX: usize = 16;

/// Bytes that are no metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pushed metrics are not OTLP metrics in protobuf")]
pub struct Malformed;

/// A name and a text of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    pub name: &'a str,
    pub value: &'a str,
}

/// One value of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'a> {
    pub metric: &'a str,
    pub attributes: Vec<Attribute<'a>>,
    pub value: f64,
    /// To be added to what came before; otherwise it replaces it.
    pub is_delta: bool,
}

/// Hands every point of a push to `visit`.
///
/// # Errors
/// The push is malformed; points before the flaw were visited.
pub fn read_points(push: &[u8], visit: &mut dyn FnMut(Point<'_>)) -> Result<(), Malformed> {
    // MetricsData.resource_metrics, ResourceMetrics.scope_metrics, ScopeMetrics.metrics
    each(push, 1, &mut |resource| {
        each(resource, 2, &mut |scope| each(scope, 2, &mut |metric| read_metric(metric, visit)))
    })
}

fn each<'a>(
    message: &'a [u8],
    wanted: u32,
    visit: &mut dyn FnMut(&'a [u8]) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut reader = Reader(message);
    while let Some((field, value)) = reader.next()? {
        if let Value::Bytes(bytes) = value
            && field == wanted
        {
            visit(bytes)?;
        }
    }
    Ok(())
}

fn read_metric(metric: &[u8], visit: &mut dyn FnMut(Point<'_>)) -> Result<(), Malformed> {
    const DELTA: u64 = 1;
    let (mut name, mut gauge, mut sum) = ("", None, None);
    let mut reader = Reader(metric);
    while let Some((field, value)) = reader.next()? {
        match (field, value) {
            (1, Value::Bytes(bytes)) => name = text(bytes)?,
            (5, Value::Bytes(bytes)) => gauge = Some(bytes),
            (7, Value::Bytes(bytes)) => sum = Some(bytes),
            _ => {}
        }
    }
    if let Some(gauge) = gauge {
        each(gauge, 1, &mut |point| read_point(point, name, false, visit))?;
    }
    if let Some(sum) = sum {
        let mut temporality = 0;
        let mut reader = Reader(sum);
        while let Some((field, value)) = reader.next()? {
            if let (2, Value::Number(number)) = (field, value) {
                temporality = number;
            }
        }
        each(sum, 1, &mut |point| read_point(point, name, temporality == DELTA, visit))?;
    }
    Ok(())
}

fn read_point(
    point: &[u8],
    metric: &str,
    is_delta: bool,
    visit: &mut dyn FnMut(Point<'_>),
) -> Result<(), Malformed> {
    let (mut value, mut attributes) = (None, Vec::new());
    let mut reader = Reader(point);
    while let Some((field, read)) = reader.next()? {
        match (field, read) {
            (4, Value::Fixed64(bits)) => value = Some(f64::from_bits(bits)),
            (6, Value::Fixed64(bits)) => value = Some(signed(bits)),
            (7, Value::Bytes(bytes)) if attributes.len() < ATTRIBUTES_MAX => {
                attributes.extend(read_attribute(bytes)?);
            }
            _ => {}
        }
    }
    if let Some(value) = value {
        visit(Point { metric, attributes, value, is_delta });
    }
    Ok(())
}

/// `None` for an attribute that is no text.
fn read_attribute(bytes: &[u8]) -> Result<Option<Attribute<'_>>, Malformed> {
    let (mut name, mut value) = ("", None);
    let mut reader = Reader(bytes);
    while let Some((field, read)) = reader.next()? {
        match (field, read) {
            (1, Value::Bytes(bytes)) => name = text(bytes)?,
            (2, Value::Bytes(any)) => each(any, 1, &mut |bytes| {
                value = Some(text(bytes)?);
                Ok(())
            })?,
            _ => {}
        }
    }
    Ok(value.map(|value| Attribute { name, value }))
}

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed)
}

#[expect(clippy::cast_precision_loss, reason = "a metric needs no more than 52 bits")]
const fn signed(bits: u64) -> f64 {
    bits.cast_signed() as f64
}

/// A field's value, by its wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value<'a> {
    Number(u64),
    Fixed64(u64),
    Fixed32,
    Bytes(&'a [u8]),
}

/// The fields of one message.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let field = u32::try_from(key >> 3).map_err(|_| Malformed)?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => {
                let bytes = self.take(8)?;
                Value::Fixed64(u64::from_le_bytes(bytes.try_into().map_err(|_| Malformed)?))
            }
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => {
                self.take(4)?;
                Value::Fixed32
            }
            // Groups are long gone from protobuf.
            _ => return Err(Malformed),
        };
        if field == 0 { Err(Malformed) } else { Ok(Some((field, value))) }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(length).map_err(|_| Malformed)?;
        let (head, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(head)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(Malformed)?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Malformed);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }
}
