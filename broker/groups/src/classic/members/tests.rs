use super::*;

impl Members {
    /// The invariants of the module's documentation.
    pub(in super::super) fn check(&self) {
        let mut supporters: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, member) in &self.by_id {
            assert_eq!(id, &member.id);
            for protocol in &member.protocols {
                *supporters.entry(&protocol.name).or_default() += 1;
            }
            if let Some(instance_id) = &member.instance_id {
                assert_eq!(self.by_instance.get(instance_id), Some(id));
            }
        }
        let counted: BTreeMap<&str, usize> =
            self.supporters.iter().map(|(name, &count)| (&**name, count)).collect();
        assert_eq!(counted, supporters);
        let joining = self.iter().filter(|member| member.joining.is_some()).count();
        assert_eq!(self.joining, joining);
        let statics = self.iter().filter(|member| member.instance_id.is_some()).count();
        assert_eq!(self.by_instance.len(), statics);
        let expiries: BTreeSet<_> =
            self.iter().filter_map(|member| Some((member.expires?, member.id.clone()))).collect();
        assert_eq!(self.expiries, expiries);
        match &self.leader {
            Some(leader) => assert!(self.by_id.contains_key(leader)),
            None => assert!(self.by_id.is_empty()),
        }
    }
}
