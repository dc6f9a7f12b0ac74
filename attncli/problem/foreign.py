"""What other books and libraries call things, and what is written here instead: for hints only."""

from __future__ import annotations

import re

from attncli.language import N_, _
from attncli.report import nearest

# The key that is meant, where the value is written the same way; names as `folded` leaves them.
SAME = {
    name: key
    for key, names in {
        "heads": "h|nhead|nheads|headcount|numheads|numattentionheads|nattentionheads",
        "embeddings": "embedding|emb|embeds|inputs|inputembeds|inputsembeds|hiddenstates",
        "sentence": "text|words|prompt",
        "Wq": "qproj|queryproj|toq|wquery|queryweight|queryweights",
        "Wk": "kproj|keyproj|tok|wkey|keyweight|keyweights",
        "Wv": "vproj|valueproj|tov|wvalue|valueweight|valueweights",
        "Wo": "oproj|cproj|outproj|outputproj|toout|wout|woutput|outputweight|outputweights",
        "bq": "qbias|biasq|qprojbias",
        "bk": "kbias|biask|kprojbias",
        "bv": "vbias|biasv|vprojbias",
        "bo": "obias|biaso|oprojbias|outprojbias",
        "target": "targets|label|labels|ytrue|groundtruth",
        "upstream": "gradoutput|doutput",
        "loss": "lossfn|lossfunction|criterion",
        "scale": "scaling|scalefactor|softmaxscale",
        "epsilon": "eps|normeps|layernormeps|layernormepsilon|rmsnormeps|rmsepsilon",
        "rope_base": "ropetheta|rotarybase|rotaryembbase|ropefreqbase|freqbase|theta",
        "formulas": "formula|lines|page",
    }.items()
    for name in names.split("|")
}
MASKED = "mask: true"
GROUPED = "Kh = split(K, 2), Kg = repeat(Kh, 2), S = Qh·Kgᵀ, H = A·Vg"
DEFAULTS = {"mask": "true"}  # what an option without a value most likely wanted
SENTENCES = {
    "write": N_("write {value}"),
    "weights": N_("write {value}, or its product with the embeddings under given"),
    "width": N_("it is the width of {value}, and read off that: leave it out"),
    "length": N_("it is the number of tokens, and read off {value}: leave it out"),
    "nothing": N_("there is none here: leave it out"),
    "option": N_("it is the option {value} of some commands"),
    "hide": N_("write {value}: the words to hide, or a 0 or a 1 for every key token; 1 hides, as there"),
    "look": N_(
        "write {value}, 1 = may look; numbers to add go under {{add: …}}, one row under {{padding: …}}"
    ),
    "formula": N_("write it under formulas, a line each: {value} … (attncli guide formulas)"),
    "joined": N_("cut it into three equal parts: {value}; as PyTorch stores them with weights: out-in"),
}
# What is written elsewhere, or in another way, or not at all: a sentence, and the value that stands in it.
OTHERWISE = {
    name: (sentence, value)
    for names, sentence, value in (
        ("causal|iscausal|causalmask", "write", MASKED),
        ("keypaddingmask|srckeypaddingmask|paddingmask|padding|srcmask", "hide", "mask: {padding: […]}"),
        ("attnmask|attentionmask|tgtmask", "look", "mask: [[1, 0], [1, 1]]"),
        ("window|windowsize|slidingwindow|localattention", "write", "mask: [causal, {window: 3}]"),
        ("relativebias|attnbias|positionbias", "write", "mask: {add: …}"),
        ("alibi|usealibi|alibislopes", "formula", "Za = alibi(Z), A = softmax(Za)"),
        ("kvheads|nkvheads|numkvheads|numkeyvalueheads|numquerygroups|nkv|gqa|mqa", "formula", GROUPED),
        (
            "rope|rotary|userope|rotaryemb|positionembeddingtype",
            "formula",
            "Qr = rope(Q), Kr = rope(K), S = Qr·Krᵀ",
        ),
        ("sinks|attentionsinks|attnsinks", "formula", "A = softmax(Z, s)"),
        ("positions|positionalencoding|positionembeddings|wpe", "formula", "X1 = X + PE, Q = X1·Wq"),
        ("residual|skipconnection", "formula", "R = X + O"),
        ("layernorm|norm|normfirst|prenorm|ln", "formula", "N = layernorm(R, γ, β)"),
        ("rmsnorm", "formula", "N = rmsnorm(R, γ)"),
        ("ffn|mlp|feedforward|dff|intermediatesize|dimfeedforward", "formula", "F = N·W1 + b1, G = relu(F)"),
        ("activation|hiddenact|activationfunction", "formula", "G = gelu(F)"),
        ("inprojweight|inproj|wqkv|qkv|qkvproj|cattn|qkvweight", "joined", "Wq: …, Wk: …, Wv: …"),
        ("inprojbias|qkvbias|bqkv|bias|biases|usebias", "write", "bq: …, bk: …, bv: …, bo: …"),
        ("query|queries|q", "weights", "Wq: …"),
        ("key|keys|k", "weights", "Wk: …"),
        ("value|values|v", "weights", "Wv: …"),
        ("scores|attnscores|attentionscores|logits", "write", "given: {S: …}"),
        ("attn|attention|attnweights|attentionweights", "write", "given: {A: …}"),
        ("memory|encoderhiddenstates|crossattention", "write", "context: {embeddings: …}"),
        ("temperature", "write", "scale: 1/temperature"),
        ("scaled", "write", "scale: true"),
        ("seed", "write", "Wq: {init: …, seed: 7}"),
        ("dk|dkey|dq|dhead|headdim|headsize|keydim|keysize", "width", "Wk"),
        ("dv|dvalue|valuedim|vdim", "width", "Wv"),
        ("dout|outdim|outputdim", "width", "Wo"),
        ("dmodel|modeldim|hiddensize|hiddendim|nembd|dim|din", "width", "embeddings"),
        ("embeddim|embeddingdim|embeddingsize", "width", "embeddings"),
        ("n|m|ntokens|seqlen|seqlength|sequencelength", "length", "embeddings"),
        ("maxlen|maxlength|blocksize|contextlength", "length", "embeddings"),
        ("dropout|dropoutp|attndropout|attentiondropout|pdropout", "nothing", ""),
        (
            "softcap|softcapping|logitsoftcap|logitcap|attnlogitsoftcapping",
            "formula",
            "Zc = softcap(Z, 30), A = softmax(Zc)",
        ),
        ("layers|nlayers|numlayers|numhiddenlayers|nlayer|batchsize|batchfirst", "nothing", ""),
        ("lr|learningrate", "option", "--lr"),
        ("steps|epochs", "option", "--steps"),
        ("dtype", "option", "--dtype"),
    )
    for name in names.split("|")
}


def folded(name: str) -> str:
    """Return a name without what is spelt in many ways: case, ``_``, ``.`` and ``.weight``."""
    return re.sub(r"[\W_]", "", re.sub(r"\.weight$", "", name[:80].casefold()))


def key_called(name: str, keys: tuple[str, ...]) -> tuple[str | None, str]:
    """Return the key that a name stands for, or None, and what to write where it stands for another thing."""
    plain = folded(name)
    if plain in OTHERWISE:
        sentence, value = OTHERWISE[plain]
        return None, _(SENTENCES[sentence], value=value)
    return SAME.get(plain) or next((key for key in keys if folded(key) == plain), None), ""


def read_as(name: str, keys: tuple[str, ...]) -> tuple[str | None, str]:
    """Return the key whose value an unknown one has, or None, and the hint for it ("": nothing is known).

    ``W_Q`` is Wq and ``num_heads`` is heads; ``kv_heads`` is close to heads as well, and is not it.
    """
    key, hint = key_called(name, keys)
    key = key or (None if hint else nearest(name, keys))
    return key, _("did you mean {close!r}?", close=key) if key else hint


def setting(name: str, value: str, keys: tuple[str, ...]) -> str:
    """Return what ``--set`` takes in place of an option of that name, or what else to write; "" for neither.

    ``value`` is what stands behind the option, or "".
    """
    key, hint = key_called(name, keys)
    if OTHERWISE.get(folded(name), ("", ""))[1] == MASKED:
        key, value = "mask", "true"
    return f"--set {key}={value or DEFAULTS.get(key, '…')}" if key else hint
