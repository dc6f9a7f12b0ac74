"""How the HTML page looks: light or dark as its reader has it, wide tables scrolled, and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --paper: #fff; --soft: #59636e; --line: #d5dbe1;
  --back: #f5f7f9; --symbol: #8e2a8b; --link: #0b5cad; --heat-colour: 255 122 24 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --paper: #14181c; --soft: #9aa5b1; --line: #343c45;
    --back: #1c2228; --symbol: #e795e4; --link: #7cb8f5; --heat-colour: 226 92 8 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 76rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
h1 { margin: 0; font-size: 1.7rem; overflow-wrap: anywhere }
header p { margin: .2rem 0; color: var(--soft) }
h2, table, .step, nav ul { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
h2 { margin: 0; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere }
h2 b { color: var(--symbol) }
nav { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.2rem; margin: 1.2rem 0;
  padding: .8rem 1.1rem; background: var(--back); border: 1px solid var(--line); border-radius: .5rem }
nav p { margin: 0; color: var(--soft) }
nav ul { display: flex; flex-wrap: wrap; gap: .1rem .9rem; margin: 0; padding: 0; list-style: none }
a { color: var(--link); text-decoration: none }
a:hover, a:focus { text-decoration: underline }
section { padding: 1.3rem 0; border-top: 1px solid var(--line) }
section:first-child { border-top: 0 }
section:target h2 { text-decoration: underline 2px var(--symbol); text-underline-offset: .3em }
.about, .note { margin: .25rem 0 .7rem; color: var(--soft); font-size: .92rem }
.about span + span::before { content: "|"; margin: 0 .6em; color: var(--line) }
.note { margin: .5rem 0 0 }
.matrices { display: flex; flex-wrap: wrap; gap: 1.1rem 2.2rem }
figure { margin: 0; max-width: 100%; overflow-x: auto }
figcaption { font-weight: 600; font-size: .92rem }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
td { padding: .16rem .6rem; text-align: right; white-space: pre;
  background: rgb(var(--heat-colour) / calc(var(--heat, 0) * .72)) }
th { padding: .16rem .6rem; text-align: right; font-weight: 500; color: var(--soft); white-space: nowrap }
th[scope=row] { padding-left: 0; text-align: left; position: sticky; left: 0; background: var(--paper) }
thead th { border-bottom: 1px solid var(--line) }
thead td { background: none }
i { font-style: normal; color: inherit }
.step { margin: .1rem 0; padding-left: calc((var(--in) + 4) * 1ch); text-indent: -4ch; font-size: .92rem;
  overflow-wrap: anywhere }
@media print {
  nav { display: none }
  figure, section h2 { break-inside: avoid }
  td { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
"""
