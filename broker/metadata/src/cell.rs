//! Where the current image is published.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::image::Image;

/// The current image: readers load it without a lock; the controller stores the next one.
#[derive(Debug)]
pub struct ImageCell(ArcSwap<Image>);

impl ImageCell {
    /// A cell that holds `image`.
    #[must_use]
    pub fn new(image: Image) -> Self {
        Self(ArcSwap::from_pointee(image))
    }

    /// The current image.
    #[must_use]
    pub fn load(&self) -> Arc<Image> {
        self.0.load_full()
    }

    /// Publishes the next image.
    pub fn store(&self, image: Arc<Image>) {
        self.0.store(image);
    }
}
