"""What configs and options choose from. It loads nothing, so that the help of a command is quick."""

LOSSES = ("bce", "ce", "mse", "sum", "upstream")
REDUCTIONS = ("sum", "mean")
LAYOUTS = ("rows", "columns")
# How a person rounds, each as the decimal module calls it; the first is the default.
ROUNDING_MODES = {"half-up": "ROUND_HALF_UP", "half-even": "ROUND_HALF_EVEN", "truncate": "ROUND_DOWN"}
DTYPES = ("float64", "float32")
MOST_DECIMALS = 15  # that a float64 can tell apart
TOPICS = (
    *("config", "formulas", "notation", "working", "rounding", "graph", "train", "export", "scripts"),
    *("python", "onnx", "test", "sheets", "mistakes", "grade", "rubric", "graders", "performance", "changes"),
)
# How code is tried: what true in its mask means, what its mask is, how weights are stored, what it is given.
MASK_TRUE, MASKS, WEIGHTS, ARRAYS = ("look", "hide"), ("add",), ("in-out", "out-in"), ("numpy", "torch")
