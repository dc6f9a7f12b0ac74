"""What the names of parameters and of results stand for, in code as people write it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from attncli.errors import AttnError, Where
from attncli.language import _
from attncli.problem.foreign import SAME, folded

if TYPE_CHECKING:
    from attncli.code.process import Parameter, Signature


def spellings(table: dict[str, str]) -> dict[str, str]:
    """Turn a table of names, each with its other spellings, the other way round."""
    return {folded(name): key for key, names in table.items() for name in f"{key}|{names}".split("|")}


HERE = {"embeddings": "X", "heads": "h"}  # what a config calls otherwise
# As `folded` leaves them: without case, _ and a dot
ASKED = spellings(
    {
        "d_out": "outdim|outputdim|outfeatures",
        "X": "data|features|inputseq|tokemb|embeddings|wordembeddings|input|inputs|inp|xs|tokens|embedded"
        "|hidden|hiddenstates|src|sequence|seq|xq|xin",
        "E": "context|ctx|memory|mem|enc|encout|encoderoutput|encoderoutputs|encoderhiddenstates|encoded"
        "|crossinput|kv|xkv|kvinput|source|y|x2|xcontext",
        "Wq": "cq|linq|thetaq|matq|querymatrix|wqueries|kernelq|weightq|weightsq|qweight|qweights|wqs|qw"
        "|qkernel|queryproj|qmat|qmatrix|linearq|qlinear",
        "Wk": "ck|link|thetak|matk|keymatrix|wkeys|kernelk|weightk|weightsk|kweight|kweights|wks|kw|kkernel"
        "|keyproj|kmat|kmatrix|lineark|klinear",
        "Wv": "cv|linv|thetav|matv|valuematrix|wvalues|kernelv|weightv|weightsv|vweight|vweights|wvs|vw"
        "|vkernel|valueproj|vmat|vmatrix|linearv|vlinear",
        "Wo": "dense|fc|outw|kernelo|weighto|weightout|outweight|outproj|outputproj|w0|wproj|okernel|proj|wp"
        "|wfinal|ow|outkernel|linearout|outlinear|linearo",
        "Wqkv": "qkv|wqkv|qkvw|qkvweight|qkvweights|cattn|cattnweight|inprojweight|inproj|qkvproj|qkvkernel",
        "bqkv": "qkvbias|biasqkv|inprojbias|qkvb|cattnbias",
        "bq": "biasq|qb|querybias",
        "bk": "biask|kb|keybias",
        "bv": "biasv|vb|valuebias",
        "bo": "biaso|biasout|outbias|outputbias|ob|outprojbias|bproj|bout|boutput",
        "Q": "query|queries|q|qs",
        "K": "key|keys|k|ks",
        "V": "value|values|v|vs|val",
        "dO": "dout|doutput|doutputs|do|gradout|gradoutput|upstream|dy|dl|dldo|dldout|goutput|gout|g|grad"
        "|upstreamgrad|upstreamgradient|gradoutputs|outgrad|outputgrad|grado|ograd|dz|dh|dattn|delta",
        "h": "numhead|nbheads|numattnheads|heads|nhead|nheads|headcount|numheads|numattentionheads"
        "|nattentionheads|numberofheads|nh",
        "mask": "attnmask|attentionmask|allowed|visible|maskmatrix|srcmask|tgtmask|causalmask|lookaheadmask"
        "|visibility|attendmask|attentionallowed",
        "causal": "iscausal|usecausalmask|autoregressive|usecausal|maskfuture|masked|usemask|applymask"
        "|causalflag",
        "padding": "keypaddingmask|paddingmask|padmask|srckeypaddingmask|validkeys|keymask|kvmask|keypadding"
        "|valid|keyallowed",
        "scale": "scaling|scalefactor|softmaxscale",
        "n": "ntokens|seqlen|sequencelength|seqlength|t|tgtlen|querylen|nq|lq|nqueries",
        "m": "srclen|keylen|memlen|lk|nk|nkeys",
        "d_model": "dmodel|modeldim|hiddensize|hiddendim|nembd|embeddim|embeddingdim|embedsize|dim|din|d"
        "|width|embdim|inputdim|modelsize",
        "d_k": "dk|dhead|headdim|headsize|keydim|keysize|dq|dimk|dimhead|kdim|dkey|qkdim",
        "d_v": "dv|dvalue|valuedim|vdim|valuesize|dimv",
        "0": "eps|epsilon|dropout|dropoutp|attndropout|attentiondropout|pdropout|dropoutrate|dropprob",
        "1": "batchsize|batch|bs",
        "false": "needweights|returnweights|returnattention|returnattn|training|train|istraining|debug"
        "|verbose",
    }
) | {name: HERE.get(key, key) for name, key in SAME.items() if key in HERE or key[0] in "Wb"}
GIVEN = ("X", "E", "Wq", "Wk", "Wv", "Wo", "Wqkv", "bqkv", "bq", "bk", "bv", "bo", "Q", "K", "V", "dO")

RESULTS = {
    folded(name): tuple(symbols.split())
    for symbols, names in {
        "O": "o|out|output|outputs|result|y|attended|attnout|attnoutput|attentionoutput",
        "C H O": "context|ctx|contextvector|contextvectors|contexts|concat|concatenated|merged|c",
        "H O": "heads|headoutputs|headout|headsout|perhead|h",
        "A": "a|p|w|att|attn|attention|weights|attnweights|attentionweights|probs|attnprobs|attentionprobs"
        "|alpha|softmax|attnmap|attentionmap|attnmatrix|attentionmatrix",
        "S Z M": "s|scores|rawscores|logits|attnscores|attentionscores|energy|dots|similarity|qk",
        "Z S M": "z|scaled|scaledscores|scoresscaled",
        "M Z S": "m|masked|maskedscores|scoresmasked",
        "Q Qh": "q|query|queries",
        "K Kh": "k|key|keys",
        "V Vh": "v|value|values",
        "Qh": "qh|qheads|qsplit",
        "Kh": "kh|kheads|ksplit",
        "Vh": "vh|vheads|vsplit",
    }.items()
    for name in names.split("|")
}
CAUSAL = ("causal", "autoregressive")
PREFIXES = ("dlossd", "dld", "gradient", "grad", "d", "g")


class Asked(NamedTuple):
    """What a function takes: by parameter the name of what it asks for; ``required``: what it must have.

    ``always_causal``: its name says that it is, and no parameter does.
    """

    names: dict[str, str]
    required: frozenset[str]
    always_causal: bool = False

    @property
    def taken(self) -> frozenset[str]:
        """Everything that it asks for."""
        return frozenset(self.names.values())


def asked(signature: Signature) -> Asked:
    """Tell what a function's parameters ask for.

    Raises AttnError where one that must be given is not known, or where no attention can be asked of it.
    """
    names: dict[str, str] = {}
    unknown = []
    for parameter in signature.parameters:
        if parameter.kind.startswith("var-"):
            continue
        name = meaning(parameter.name)
        if name in names.values():
            name = None
        if name:
            names[parameter.name] = name
        elif parameter.required:
            unknown.append(parameter)
    names = as_embeddings(names)
    if unknown or not is_enough(names.values()):
        raise unusable(signature, unknown, names)
    given = frozenset(names[p.name] for p in signature.parameters if p.required and p.name in names)
    flags = {"mask", "causal", "padding"} & set(names.values())
    return Asked(names, given, not flags and any(word in folded(signature.name) for word in CAUSAL))


def meaning(name: str) -> str | None:
    """Return what a parameter's name asks for, as ``W_q`` or ``q_proj_weight``; None where nobody knows."""
    plain = folded(name)
    weight = ASKED.get(plain.removesuffix("weight"), "")
    return ASKED.get(plain) or (weight if weight.startswith("W") else None)


def as_embeddings(names: dict[str, str]) -> dict[str, str]:
    """Read query, key and value as embeddings where they are still to be multiplied by weights."""
    taken = set(names.values())
    if not taken & {"Wq", "Wqkv"} or "X" in taken:
        return names
    return {name: {"Q": "X", "K": "E", "V": "Ev"}.get(asks, asks) for name, asks in names.items()}


def unusable(signature: Signature, unknown: Collection[Parameter], names: Mapping[str, str]) -> AttnError:
    """Return the error for a function that cannot be called, with one around it that can be."""
    if unknown:
        message = _(
            "{name} has a parameter whose name is not known here: {parameters}",
            name=signature.name,
            parameters=", ".join(p.name for p in unknown),
        )
    else:
        message = _("{name} takes neither X with its weights nor Q, K and V", name=signature.name)
    hint = _("call it from a function whose names are known, which attncli guide test lists:")
    where = Where(signature.file) if signature.file else None
    return AttnError(message, where, hint, adapter(signature, names))


def adapter(signature: Signature, names: Mapping[str, str]) -> str:
    """Write a function around one that cannot be called: … stands where nobody here knows what to give."""
    enough = is_enough(names.values())
    known = [p for p in signature.parameters if p.name in names and enough]
    takes = sorted(known, key=lambda p: not p.required)  # those that have a default come last
    heading = [p.name if p.required else f"{p.name}=None" for p in takes] or ["X", "Wq", "Wk", "Wv"]
    gives = [
        ("" if p.kind.startswith("positional") and p.required else f"{p.name}=")
        + (p.name if p in known else "…")
        for p in signature.parameters
        if not p.kind.startswith("var-") and (p.required or p in known)
    ]
    module, (called, *_rest) = Path(signature.file).stem, signature.name.split(".")
    own = "attention" if called != "attention" else "my_attention"
    call = "…)(…" if called[:1].isupper() else ", ".join(gives) or "…"  # a class is made first
    lines = [f"def {own}({', '.join(heading)}):", f"    return {signature.name}({call})"]
    return "\n".join([f"from {module} import {called}", *lines] if module.isidentifier() else lines)


def is_enough(taken: Collection[str]) -> bool:
    """Whether attention can be asked of a function that takes this."""
    weights = not {"Wq", "Wk", "Wv", "Wqkv"}.isdisjoint(taken)
    return ("X" in taken and weights) or {"Q", "K", "V"} <= set(taken)


def symbols_of(name: str) -> tuple[str, ...]:
    """Return the quantities that a result's name may stand for: ``grad_W_q`` is dWq; () for none."""
    plain = folded(name)
    if plain in RESULTS:
        return RESULTS[plain]
    for of in (plain.removeprefix(prefix) for prefix in PREFIXES if plain.startswith(prefix)):
        if symbols := gradients_of(of):
            return symbols
    return gradients_of(plain.removesuffix("grad")) if plain.endswith("grad") else ()


def gradients_of(name: str) -> tuple[str, ...]:
    """Return the gradients that are meant where this is what they are taken of."""
    given = ASKED.get(name, "")
    symbols = (given,) if given in GIVEN and given != "dO" else RESULTS.get(name, ())
    return tuple(f"d{symbol}" for symbol in symbols)
