//! What is stored survives: kills, retention, sealing, consumers that stop reading.
