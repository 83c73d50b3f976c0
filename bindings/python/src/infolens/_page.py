# SPDX-License-Identifier: Apache-2.0
"""The report's page: style sheet and skeleton. Nothing in it is fetched from anywhere.

Measures wear the blue, vermilion and green of Okabe & Ito's palette, which stay
apart for every kind of colour vision; the heat map is a single hue of rising darkness.
"""

from __future__ import annotations

import html

_LIGHT = (
    "#eef2f7",
    "#d5e3f1",
    "#b3cfe8",
    "#86b4da",
    "#5896c9",
    "#3278b4",
    "#195b98",
    "#0d4076",
    "#082a52",
)
_DARK = (
    "#1e252f",
    "#223650",
    "#264a70",
    "#2b6093",
    "#3a79b4",
    "#5a96cd",
    "#83b4e2",
    "#b1d1f1",
    "#e1effc",
)


def _palette(colours: tuple[str, ...]) -> str:
    return "".join(f"--q{index}:{colour};" for index, colour in enumerate(colours))


_STYLE = (
    """
:root{color-scheme:light dark;--ground:#fcfcfb;--panel:#fff;--ink:#1d232b;--faint:#5b6672;
--line:#dfe3e8;--rule:#eceff2;--entropy:#0a8f6a;--information:#0072b2;--selectivity:#c8550a;"""
    + _palette(_LIGHT)
    + """}
@media (prefers-color-scheme:dark){:root{--ground:#12161b;--panel:#181d24;--ink:#e6eaef;
--faint:#98a4b1;--line:#2c343e;--rule:#232a33;--entropy:#36c79b;--information:#5cb4f0;--selectivity:#f0914a;"""
    + _palette(_DARK)
    + """}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 56px}
h1{font-size:26px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:20px;margin:0 0 2px;overflow-wrap:anywhere}
h3{font-size:14px;margin:0 0 6px;font-weight:600}
p{margin:0 0 10px}
.faint,figcaption,dt{color:var(--faint)}
section{margin-top:34px;padding-top:24px;border-top:1px solid var(--line)}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:14px;
margin:14px 0 22px}
.panel{max-width:480px}
.panel{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px 12px 8px}
.panel p{font-size:13px;margin:0 0 4px}
.pair{display:flex;flex-wrap:wrap;gap:26px 24px;align-items:flex-start}
.pair>*{min-width:0;max-width:100%}
.pair .ranking{flex:0 1 auto}
.ranking th,.ranking td{padding-left:6px;padding-right:6px}
.ranking th:first-child,.ranking td:first-child{padding-left:0}
figure{margin:0}
figcaption{font-size:13px;margin-top:6px;max-width:66ch}
.scroll{overflow-x:auto;max-width:100%}
svg{display:block}
svg.plot{width:100%;height:auto}
svg text{font-size:11px;fill:var(--faint);font-family:inherit;font-variant-numeric:tabular-nums}
svg text.small{font-size:8.5px}
.axis{stroke:var(--faint);fill:none}.rule{stroke:var(--rule);fill:none}
.median{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:3 3;fill:none}
.entropy{--tone:var(--entropy)}.information{--tone:var(--information)}.selectivity{--tone:var(--selectivity)}
.bar{fill:var(--tone)}
.panel h3::before{content:"";display:inline-block;width:9px;height:9px;border-radius:2px;
background:var(--tone);margin-right:7px}
"""
    + "".join(f".q{index}{{fill:var(--q{index})}}" for index in range(len(_LIGHT)))
    + """
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
th{font-weight:600;color:var(--faint);font-size:13px;vertical-align:bottom}
th,td{text-align:right;padding:4px 9px;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
td.name{white-space:normal;overflow-wrap:anywhere;min-width:6em}
.line{fill:none;stroke:var(--tone);stroke-width:2;stroke-linejoin:round}
.line.random{stroke-width:1.5}.line.dashed{stroke-width:1.4;stroke-dasharray:5 3}
.band{fill:var(--tone);opacity:.2}
.level{stroke:var(--faint);stroke-dasharray:1 3;fill:none}
.mark{fill:var(--panel);stroke:var(--tone);stroke-width:2}
.probe{fill:var(--ink);fill-opacity:0}.probe:hover{fill-opacity:.07}
.low{--tone:var(--information)}.high{--tone:var(--selectivity)}.random{--tone:var(--faint)}.plain{--tone:var(--ink)}
.charts{grid-template-columns:repeat(auto-fit,minmax(300px,1fr))}
.charts .panel h3::before{content:none}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;
margin:12px 0 0;padding:0;list-style:none;font-size:13px}
.legend li{display:flex;align-items:center;gap:7px}
.legend svg.key{flex:none}
.tone{color:var(--tone);font-weight:600}
.reading dt{color:var(--ink);font-weight:600}
.reading dd{max-width:96ch}
h3.part{margin:26px 0 8px}
.groups{display:flex;flex-wrap:wrap;gap:18px 28px;align-items:flex-start}
.groups>.panel{flex:1 1 300px}
.rankings{display:grid;grid-template-columns:auto auto;gap:14px 26px;min-width:0;flex:0 1 auto}
.rankings figure{min-width:0}
.rankings th,.rankings td{padding:3px 6px}
.rankings th:first-child,.rankings td:first-child{padding-left:0}
h4{font-size:13px;font-weight:600;margin:8px 0 2px}
.counts{margin-top:16px}.counts .note{flex:1 1 300px}
.note dl{font-size:13px;max-width:72ch;gap:1px 14px}
p.small{font-size:13px;max-width:none}.legend+p.small{margin-top:8px}
.prose{max-width:86ch}
abbr[title]{text-decoration:underline dotted;text-underline-offset:3px;cursor:help}
td.measured{background:linear-gradient(var(--tone),var(--tone))
left bottom/calc(var(--part)*.92%) 3px no-repeat}
a{color:var(--information)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:0;font-size:14px}
dd{margin:0;overflow-wrap:anywhere}
@media (max-width:560px){main{padding:18px 14px 40px}h1{font-size:22px}th,td{padding:4px 7px}
dl{grid-template-columns:1fr}dt{margin-top:6px}.rankings{grid-template-columns:1fr}}
@media print{section{break-inside:avoid}}
"""
)


def page(title: str, body: str) -> str:
    """A complete HTML document."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def table(header: list[str], rows: list[list[str]]) -> str:
    """An HTML table whose cells are markup: ``<td>`` with or without attributes."""
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    filled = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table>{filled}</table></div>'


def definitions(entries: dict[str, str]) -> str:
    """A list of terms and what they stand for."""
    items = "".join(
        f"<dt>{html.escape(term)}</dt><dd>{html.escape(text)}</dd>"
        for term, text in entries.items()
    )
    return f"<dl>{items}</dl>"
