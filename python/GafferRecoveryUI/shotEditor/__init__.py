"""The editor Film Recovery Shot: what is known of each frame, and its strip, one class a file."""
