"""Export of runs to TensorBoard, trackio and CSV."""
