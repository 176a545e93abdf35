//! Remote write, the sending side: what the log has goes to the servers that `remote_write` names.
