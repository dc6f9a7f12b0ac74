import numpy as np


class CausalSelfAttention:
    def __init__(self, W_query, W_key, W_value):
        self.W_query = W_query
        self.W_key = W_key
        self.W_value = W_value

    def forward(self, x, causal=True):
        queries, keys, values = x @ self.W_query, x @ self.W_key, x @ self.W_value
        attn_scores = queries @ keys.T
        if causal:
            future = np.triu(np.ones(attn_scores.shape), k=1).astype(bool)
            masked = attn_scores.copy()
            masked[future] = -np.inf
        attn_scores = attn_scores / np.sqrt(keys.shape[-1])
        attn_weights = np.exp(attn_scores - attn_scores.max(axis=-1, keepdims=True))
        attn_weights = attn_weights / attn_weights.sum(axis=-1, keepdims=True)
        return attn_weights @ values
