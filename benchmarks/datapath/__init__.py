"""The request path of this library beside the field: bare SDKs, Rust, rclone, azcopy."""
