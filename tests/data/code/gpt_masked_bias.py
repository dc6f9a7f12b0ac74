import numpy as np


class Attention:
    masked_bias = -1e4

    def __init__(self, Wq, Wk, Wv, Wo, n_head):
        self.w_qkv = np.concatenate([Wq, Wk, Wv], axis=1)
        self.cuts = [Wq.shape[1], 2 * Wq.shape[1]]
        self.w_proj = Wo
        self.n_head = n_head

    def __call__(self, hidden_states, is_causal=False):
        n = hidden_states.shape[0]
        query, key, value = (
            t.reshape(n, self.n_head, -1).transpose(1, 0, 2)
            for t in np.split(hidden_states @ self.w_qkv, self.cuts, axis=1)
        )
        w = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
        if is_causal:
            w = np.where(np.tril(np.ones((n, n), dtype=bool)), w, self.masked_bias)
        w = np.exp(w - w.max(axis=-1, keepdims=True))
        w = w / w.sum(axis=-1, keepdims=True)
        return (w @ value).transpose(1, 0, 2).reshape(n, -1) @ self.w_proj
