import numpy as np


class MultiHeadAttention:
    """Multi-head attention with biases, mask and context."""

    def __init__(self, Wq, Wk, Wv, Wo, bq=None, bk=None, bv=None, bo=None, *, num_heads=1):
        self.Wq, self.Wk, self.Wv, self.Wo = Wq, Wk, Wv, Wo
        self.bq, self.bk, self.bv, self.bo = bq, bk, bv, bo
        self.num_heads = num_heads

    def _linear(self, x, W, b):
        y = x @ W
        return y if b is None else y + b

    def _split(self, x):
        n, width = x.shape
        return x.reshape(n, self.num_heads, width // self.num_heads).transpose(1, 0, 2)

    def forward(self, x, context=None, mask=None):
        source = x if context is None else context
        Q = self._split(self._linear(x, self.Wq, self.bq))
        K = self._split(self._linear(source, self.Wk, self.bk))
        V = self._split(self._linear(source, self.Wv, self.bv))
        scores = Q @ K.transpose(0, 2, 1) / np.sqrt(Q.shape[-1])
        if mask is not None:
            scores = np.where(mask, scores, -1e30)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights = weights / weights.sum(axis=-1, keepdims=True)
        heads = weights @ V
        concat = heads.transpose(1, 0, 2).reshape(x.shape[0], -1)
        return self._linear(concat, self.Wo, self.bo)
