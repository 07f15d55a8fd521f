"""The editor Film Recovery Training: its runs, curves and pictures, one class a file."""
