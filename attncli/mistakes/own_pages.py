"""Mistakes on pages of one's own: what was computed, and what to say of it; the commonest of a row first.

They go by what a quantity does, wherever it stands and whatever it is called. See
:mod:`attncli.mistakes.entry` for how an entry is written.
"""

from __future__ import annotations

from attncli.language import N_
from attncli.mistakes import variants
from attncli.mistakes.entry import Entry
from attncli.mistakes.wrong import rest, same
from attncli.ops.linear import COPY
from attncli.ops.norms import LAYERNORM
from attncli.ops.softmax import SOFTMAX

VARIANTS = {
    # Heads that several queries share
    Entry("kv-heads-tiled", "repeat", variants.TILED, "…", together=True)
    .or_at("repeat", variants.TILED, "…")
    .or_at("dshared", variants.back_from_tiles(), "…"): N_(
        "The heads were laid out one after another and then again, 1 2 1 2: each is repeated in a row, 1 1 "
        "2 2, so that neighbouring query heads share one."
    ),
    Entry("shared-heads-gradient-not-summed", "dshared", variants.ONE_OF_SHARED, "…"): N_(
        "The gradient of one query head alone was taken: a head of K or V that several query heads read "
        "gets the sum of what all of them send back."
    ),
    Entry("shared-heads-gradient-averaged", "dshared", variants.MEAN_OF_SHARED, "…"): N_(
        "The mean over the query heads was taken: a head of K or V that several of them read gets the sum "
        "of what they send back."
    ),
    # Scores
    Entry("softcap-missing", "softcap", COPY, "0"): N_(
        "The cap was left out: c·tanh(Z/c) keeps every score between −c and c."
    ),
    Entry(
        "softcap-wrong-factor", "softcap", (variants.FACTOR_IS_THE_SCORE, variants.FACTOR_MISSING), "…"
    ): N_(
        "tanh was multiplied by something else than the cap: softcap(Z, c) is c·tanh(Z/c), with the same c "
        "outside and inside."
    ),
    Entry("softcap-after-mask", "M", variants.CAPPED_MASK, "0 mask cap"): N_(
        "The cap came after the mask, so that −∞ became −c and masked tokens still get some weight: cap the "
        "scores first, then mask them."
    ),
    Entry("alibi-sign", "alibi", variants.SIGN, "0"): N_(
        "The bias has the wrong sign: slope·(key − query) is below 0 for tokens before, the more the "
        "farther they are."
    ),
    Entry("alibi-slopes", "alibi", variants.SLOPES_OF_ALIBI, "0"): N_(
        "The slopes of the heads are others: head i of h has 2^(−8i/h), counted from 1."
    ),
    Entry("alibi-distance", "alibi", variants.DISTANCE, "0"): N_(
        "The distance was taken without its sign: the bias is slope·(key − query), which is above 0 for "
        "later tokens."
    ),
    Entry("alibi-missing", "alibi", COPY, "0"): N_(
        "The bias was left out: slope·(key − query) is added to each score."
    ),
    Entry("window-one-too-wide", "M", variants.TOO_WIDE, "…"): N_(
        "The window was one token too wide: a window of w sees the token itself and the w − 1 before it."
    ),
    Entry("window-one-too-narrow", "M", variants.TOO_NARROW, "…"): N_(
        "The window was one token too narrow: a window of w sees the token itself and the w − 1 before it."
    ),
    Entry("window-ignored", "M", variants.NO_WINDOW, "…"): N_(
        "The window was left out: tokens that lie farther back than it reaches are hidden as well."
    ),
    # Softmax with a sink
    Entry("sink-ignored", "sink", SOFTMAX, "0"): N_(
        "The sink was left out, or its share divided among the tokens: e^s counts in the sum that each row "
        "is divided by, so that a row of A sums to less than 1."
    ),
    Entry("sink-with-a-value", "sink", variants.WITH_VALUE, "…"): N_(
        "The sink's share was given to a token: it has no value to go with it, so that a row of A sums to "
        "less than 1."
    ),
    Entry("sink-gradient-sign", "dsink", variants.SINK_SIGN, "…"): N_(
        "The sign of the sink's gradient was lost: the more the sink takes, the less is left for the "
        "values, hence the minus."
    ),
    # Positions
    Entry("rope-missing", "rope", COPY, "0", together=True).or_at("rope", COPY, "0"): N_(
        "The rotation was left out: queries and keys are turned by an angle that grows with their place."
    ),
    Entry("rope-halves-for-pairs", "rope", variants.halves, "…", together=True).or_at(
        "rope", variants.halves, "…"
    ): N_(
        "Columns half a row apart were turned together: here neighbouring columns are a pair, 1 and 2, 3 "
        "and 4."
    ),
    Entry("rope-pairs-for-halves", "rope", variants.pairs, "…", together=True).or_at(
        "rope", variants.pairs, "…"
    ): N_("Neighbouring columns were turned together: here the columns j and j + d/2 are a pair."),
    Entry("rope-mixed-layouts", "rope", variants.MIXED, "…", together=True).or_at(
        "rope", variants.MIXED, "…"
    ): N_(
        "Angles and cells are of two layouts: both columns of a pair are turned by the same angle, whether "
        "neighbours are a pair or columns half a row apart."
    ),
    Entry("rope-turned-back", "rope", variants.other_way, "…", together=True)
    .or_at("rope", variants.other_way, "…")
    .or_at("drope", variants.forth, "…"): N_(
        "It was turned the wrong way: (x, y) becomes (x·cos − y·sin, x·sin + y·cos), and its gradient is "
        "turned back."
    ),
    Entry("rope-gradient-missing", "drope", COPY, "0"): N_(
        "The gradient was not turned: what was turned on the way forward is turned back by the same angle."
    ),
    Entry("places-from-one", "rope", variants.from_one, "…", together=True).or_at(
        "rope positions", variants.from_one, "…"
    ): N_("The places were counted from 1: the first token stands at place 0."),
    Entry("rope-on-values", "H", variants.HALVES_ON_VALUES, "0 1 halves").or_at(
        "H", variants.PAIRS_ON_VALUES, "0 1 pairs"
    ): N_(
        "The values were turned as well: only queries and keys are, so that their product knows the distance."
    ),
    Entry("positions-missing", "positioned", rest, "branch"): N_(
        "The positions were left out: they are added to the embeddings, once."
    ),
    Entry("positions-twice", "positioned", variants.SUM, "… skip"): N_(
        "The positions were added twice: they are added to the embeddings, once."
    ),
    Entry("positions-to-values", "V", variants.with_positions, "… pe").or_at(
        "V", variants.from_positions, "… pe"
    ): N_("The positions were added to the values too: there is nothing to add to these."),
    # Residuals and norms
    Entry("residual-missing", "residual", rest, "branch"): N_(
        "The residual was left out: what goes into a layer is added to what comes out of it."
    ),
    Entry("residual-wrong-quantity", "residual", variants.SUM, "other branch"): N_(
        "Another quantity was added: the residual is what this page's formula names, not what stands before "
        "or behind it."
    ),
    Entry("residual-gradient-missing", "dsum", rest, "… -skip"): N_(
        "The path past the layer was left out: the residual passes on what arrives, and it is added to what "
        "comes back through the layer."
    ),
    Entry("norm-missing", "layernorm rmsnorm", COPY, "0"): N_(
        "The norm was left out: each row is brought to a common size first."
    ),
    Entry("layernorm-columns", "layernorm rmsnorm", variants.norm(down=True), "…"): N_(
        "The columns were normalised: each token, a row, has a mean and a variance of its own."
    ),
    Entry("layernorm-n-minus-1", "layernorm", variants.norm(less=1), "…").or_at(
        "dnorm", variants.norm_back(less=1), "…"
    ): N_("The squares were divided by d − 1: the variance of a row is their mean, divided by d."),
    Entry("layernorm-without-root", "layernorm rmsnorm", variants.norm(root=variants.NO_ROOT), "…"): N_(
        "It was divided by the variance itself: the row is divided by the root of it."
    ),
    Entry(
        "layernorm-without-epsilon", "layernorm rmsnorm", variants.norm(root=variants.NO_EPSILON), "…"
    ).or_at("dnorm", variants.norm_back(root=variants.NO_EPSILON), "…"): N_(
        "ε was left out: it is added to the variance under the root."
    ),
    Entry("layernorm-epsilon-outside", "layernorm rmsnorm", variants.norm(root=variants.OUTSIDE), "…").or_at(
        "dnorm", variants.norm_back(root=variants.OUTSIDE), "…"
    ): N_("ε was added to the root: it stands under it, beside the variance."),
    Entry("layernorm-gamma-beta-swapped", "layernorm", same, "0 1 3 2"): N_(
        "γ and β were exchanged: γ multiplies, and β is added."
    ),
    Entry("layernorm-gamma-missing", "layernorm rmsnorm", variants.without_gamma, "…"): N_(
        "γ was left out: it multiplies each column of the normalised rows."
    ),
    Entry("layernorm-beta-missing", "layernorm", variants.without_beta, "…"): N_(
        "β was left out: it is added to each row, after γ."
    ),
    Entry("rmsnorm-for-layernorm", "layernorm", variants.RMSNORM_FOR_LAYERNORM, "…"): N_(
        "The mean was not taken off: layernorm takes it off each row first, and divides by what is left."
    ),
    Entry("layernorm-for-rmsnorm", "rmsnorm", LAYERNORM, "…"): N_(
        "The mean was taken off: rmsnorm only divides each row by the root of the mean of its squares."
    ),
    Entry("layernorm-gradient-no-mean", "dnorm", variants.NO_MEAN, "…"): N_(
        "The term of the mean is missing: every number of a row moved its mean, hence − mean(dx̂)."
    ),
    Entry("layernorm-gradient-no-variance", "dnorm", variants.NO_VARIANCE, "…"): N_(
        "The term of the variance is missing: every number of a row moved its variance, hence − x̂∘mean(dx̂∘x̂)."
    ),
    Entry("layernorm-gradient-only-root", "dnorm", variants.ONLY_ROOT, "…"): N_(
        "It was only divided by the root: the mean and the variance depend on every number of the row, "
        "which gives a term each."
    ),
    Entry("layernorm-gradient-gamma-missing", "dnorm", same, "0 1 2"): N_(
        "γ was left out: what arrives is multiplied by γ before it goes back through the norm."
    ),
    Entry("gamma-gradient-with-input", "dfactor", variants.FACTOR_WITH_INPUT, "0 1"): N_(
        "The gradient was summed with the row before the norm: γ multiplied the normalised one, x̂."
    ),
    # Feed-forward
    Entry("nonlinearity-missing", "bend", COPY, "0"): N_(
        "The function was left out: relu, gelu or another is applied to each number by itself."
    ),
    Entry("gelu-for-gelu-tanh", "bend", variants.exact_gelu, "…"): N_(
        "The exact gelu was used: here it is the approximation with tanh."
    ),
    Entry("gelu-tanh-for-gelu", "bend", variants.gelu_by_tanh, "…"): N_(
        "The approximation with tanh was used: here gelu is the exact one, with erf."
    ),
    Entry("relu-gradient-by-output", "dbend", variants.by_sign_of_next, "0 next"): N_(
        "The sign of what comes out of the next layer was used: relu lets a gradient through where what it "
        "read is above 0."
    ),
    Entry("nonlinearity-gradient-missing", "dbend", COPY, "0"): N_(
        "The derivative was left out: the gradient that arrives is multiplied by the function's derivative, "
        "number by number."
    ),
}
