"""What other books and libraries call things, and what is written here instead: for hints only."""

from __future__ import annotations

import re

from attncli.language import N_, _
from attncli.report import nearest

# The key that is meant, where the value is written the same way; names as `folded` leaves them.
SAME = {
    name: key
    for key, names in {
        "heads": "h nhead nheads headcount numheads numattentionheads nattentionheads",
        "embeddings": "embedding emb embeds inputs inputembeds inputsembeds hiddenstates",
        "sentence": "text words prompt",
        "Wq": "qproj queryproj toq wquery queryweight queryweights",
        "Wk": "kproj keyproj tok wkey keyweight keyweights",
        "Wv": "vproj valueproj tov wvalue valueweight valueweights",
        "Wo": "oproj cproj outproj outputproj toout wout woutput outputweight outputweights",
        "bq": "qbias biasq qprojbias",
        "bk": "kbias biask kprojbias",
        "bv": "vbias biasv vprojbias",
        "bo": "obias biaso oprojbias outprojbias",
        "target": "targets label labels ytrue groundtruth",
        "upstream": "gradoutput doutput",
        "loss": "lossfn lossfunction criterion",
        "scale": "scaling scalefactor softmaxscale",
    }.items()
    for name in names.split()
}
MASKED = "mask: true"
DEFAULTS = {"mask": "true"}  # what an option without a value most likely wanted
KEY = N_("write {key}")
WIDTH = N_("it is the width of {matrix}, and read off that: leave it out")
NOT_HERE = N_("there is none here: leave it out")
# What is written elsewhere, or in another way, or not at all: a sentence, and what stands in its braces.
OTHERWISE: dict[str, tuple[str, str]] = {
    name: (sentence, value)
    for names, sentence, value in (
        ("causal iscausal causalmask", KEY, MASKED),
        (
            "keypaddingmask srckeypaddingmask paddingmask padding srcmask",
            N_("write {key}: the words to hide, or a 0 or a 1 for every key token; 1 hides, as there"),
            "mask: {padding: […]}",
        ),
        (
            "attnmask attentionmask tgtmask",
            N_(
                "write {key}, 1 = may look; or mask: {{add: …}} for what is added; {{padding: …}} for one row"
            ),
            "mask: [[1, 0], [1, 1]]",
        ),
        (
            "window windowsize slidingwindow localattention",
            N_("write {key}: a matrix in which 1 = may look"),
            "mask: [[1, 0], [1, 1]]",
        ),
        ("alibi relativebias attnbias positionbias", KEY, "mask: {add: …}"),
        (
            "kvheads nkvheads numkvheads numkeyvalueheads numquerygroups nkv",
            N_("every head has keys and values of its own: write {key}, the shared ones once for each head"),
            "Wk: [matrix, matrix, …]",
        ),
        (
            "inprojweight inproj wqkv qkv qkvproj cattn qkvweight",
            N_("cut it into three equal parts, and write {key}; weights: out-in, where PyTorch stored them"),
            "Wq: …, Wk: …, Wv: …",
        ),
        ("inprojbias qkvbias bqkv bias biases usebias", KEY, "bq: …, bk: …, bv: …, bo: …"),
        ("query queries q", KEY, "Wq: …, or given: {Q: …}"),
        ("key keys k", KEY, "Wk: …, or given: {K: …}"),
        ("value values v", KEY, "Wv: …, or given: {V: …}"),
        ("scores attnscores attentionscores logits", KEY, "given: {S: …}"),
        ("attn attention attnweights attentionweights", KEY, "given: {A: …}"),
        ("memory encoderhiddenstates crossattention", KEY, "context: {embeddings: …}"),
        ("temperature", KEY, "scale: 1/temperature"),
        ("scaled", KEY, "scale: true"),
        ("seed", KEY, "Wq: {init: xavier_uniform, seed: 7}"),
        ("dk dkey dq dhead headdim headsize keydim keysize", WIDTH, "Wk"),
        ("dv dvalue valuedim vdim", WIDTH, "Wv"),
        ("dout outdim outputdim", WIDTH, "Wo"),
        (
            "dmodel hiddensize hiddendim embeddim embeddingdim embeddingsize nembd dim modeldim din",
            WIDTH,
            "embeddings",
        ),
        (
            "n m seqlen seqlength sequencelength maxlen maxlength blocksize contextlength ntokens",
            N_("it is the number of tokens, and read off {matrix}: leave it out"),
            "embeddings",
        ),
        ("dropout dropoutp attndropout attentiondropout pdropout", NOT_HERE, ""),
        ("softcap softcapping logitsoftcap attnlogitsoftcapping", NOT_HERE, ""),
        ("layers nlayers numlayers numhiddenlayers nlayer batchsize batchfirst eps", NOT_HERE, ""),
        ("lr learningrate steps epochs", N_("it is an option: {key}"), "attncli train --help"),
        ("dtype", N_("it is an option: {key}"), "--dtype float32"),
    )
    for name in names.split()
}


def folded(name: str) -> str:
    """Return a name without what is spelt in many ways: case, ``_``, ``.`` and ``.weight``."""
    return re.sub(r"[\W_]", "", re.sub(r"\.weight$", "", name[:80].casefold()))


def key_called(name: str, keys: tuple[str, ...]) -> tuple[str | None, str]:
    """Return the key that a name stands for, or None, and what to write where it stands for another thing."""
    plain = folded(name)
    if plain in OTHERWISE:
        sentence, value = OTHERWISE[plain]
        return None, _(sentence, key=value, matrix=value)
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
