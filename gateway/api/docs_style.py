"""How the API's page looks: one inline style, dark text on white, readable on paper and on a telephone."""

STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --quiet: #57606a; --line: #d0d7de; --soft: #f4f6f8; --accent: #0b57a4; }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; color: var(--ink); background: #fff; font: 16px/1.55 system-ui, "Segoe UI", sans-serif; }
a { color: var(--accent); }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid #ffb000; outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: #fff; padding: .5rem 1rem; }
header { padding: 2rem max(1.5rem, calc((100vw - 84rem) / 2)) 1.5rem; background: #0b3a66; color: #fff; }
header h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
header .lead { margin: .4rem 0 0; font-size: 1.1rem; }
.columns { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 3rem; max-width: 84rem;
  margin: 0 auto; padding: 1.5rem; }
nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto;
  font-size: .9rem; }
nav ul { list-style: none; margin: 0 0 .8rem; padding: 0; }
nav > ul > li > a { font-weight: 600; color: var(--ink); }
nav li ul { padding-left: .8rem; border-left: 2px solid var(--line); margin-top: .2rem; }
nav a { text-decoration: none; display: block; padding: .1rem 0; }
nav a:hover { text-decoration: underline; }
main p { max-width: 46rem; }
h2 { margin: 3rem 0 .5rem; padding-bottom: .3rem; border-bottom: 2px solid var(--ink); font-size: 1.5rem; }
h3 { margin: 2.2rem 0 .4rem; font-size: 1.15rem; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .88em; }
code { background: var(--soft); padding: .1em .3em; border-radius: 3px; overflow-wrap: anywhere; }
pre { background: #1b1f24; color: #f4f6f8; padding: .9rem 1.1rem; border-radius: 6px; overflow-x: auto; }
.line code { background: none; font-size: 1rem; }
.method { display: inline-block; min-width: 4.2rem; padding: .1rem .6rem; border-radius: 4px; background: #0b57a4;
  color: #fff; font-weight: 600; font-size: .85rem; text-align: center; }
.method.post { background: #1a6b34; }
.method.delete { background: #a3241b; }
.table { overflow-x: auto; margin: .9rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); font-weight: 600; }
tbody th { font-weight: 400; white-space: nowrap; }
tbody th code { overflow-wrap: normal; }
small, .no { color: var(--quiet); }
footer { max-width: 84rem; margin: 0 auto; padding: 1.5rem; border-top: 1px solid var(--line); color: var(--quiet); }
@media (max-width: 56rem) {
  .columns { grid-template-columns: minmax(0, 1fr); gap: 0; }
  nav { position: static; max-height: none; }
}
@media print { nav, .skip { display: none; } .columns { display: block; } pre { background: var(--soft); color: #000; } }
"""
