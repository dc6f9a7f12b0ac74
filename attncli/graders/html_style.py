"""How the pages of feedback look: light or dark as their reader has it, and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --paper: #fff; --soft: #59636e; --line: #d5dbe1;
  --back: #f5f7f9; --right: #1a7f37; --wrong: #b3261e; --link: #0b5cad }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --paper: #14181c; --soft: #9aa5b1; --line: #343c45; --back: #1c2228;
    --right: #56d37b; --wrong: #ff8a80; --link: #7cb8f5 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 60rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
h1 { margin: 0; font-size: 1.7rem; overflow-wrap: anywhere }
header p { margin: .2rem 0; color: var(--soft); overflow-wrap: anywhere }
header .score { color: var(--ink); font-size: 1.25rem; font-weight: 600 }
main > table { display: block; margin: 1.2rem 0; overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere }
thead th { border-bottom: 1px solid var(--line); color: var(--soft); font-weight: 500 }
section { padding: 1rem 0; border-top: 1px solid var(--line) }
h2 { margin: 0 0 .4rem; font-size: 1.15rem }
h2 i { margin-left: .5em; font-size: .92rem; font-style: normal; font-weight: 500 }
p { margin: .4rem 0; overflow-wrap: anywhere }
li { overflow-wrap: anywhere }
.says { margin-left: 1.2rem }
code, li { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .92rem }
code { padding: .1rem .4rem; background: var(--back); border: 1px solid var(--line); border-radius: .3rem }
a { color: var(--link) }
.correct, .follow-through { color: var(--right) }
.wrong, .unreadable { color: var(--wrong) }
.blank { color: var(--soft) }
@media print { section { break-inside: avoid } }
"""
