/** The report's only style sheet: light and dark, phone and print, no font or file from elsewhere. */
export const style = `
:root{--ink:#1b2430;--soft:#5b6b7d;--paper:#fff;--card:#f5f7fa;--line:#dde3ea;--good:#14734a;--good-bg:#dff5ea;--bad:#a3241c;--bad-bg:#fde5e2;--open:#7a5200;--open-bg:#fff1cf;--bar:#3b78c2}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa9b9;--paper:#12171d;--card:#1b222b;--line:#2d3743;--good:#6fdba8;--good-bg:#123526;--bad:#ff9c92;--bad-bg:#44191a;--open:#ffd37a;--open-bg:#3d2f0b;--bar:#6ea8ea}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:2rem 1.25rem 4rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{margin:0;font-size:1.7rem}h2{margin:2.5rem 0 .75rem;font-size:1.2rem}h3{margin:1.5rem 0 .5rem;font-size:1rem}
p{margin:.4rem 0}section+section{margin-top:4rem;padding-top:2rem;border-top:3px solid var(--line)}.soft{color:var(--soft)}
header{display:flex;flex-wrap:wrap;gap:.75rem 1rem;align-items:center}
.badge{display:inline-block;padding:.05rem .55rem;border-radius:1rem;font-weight:600;font-size:.9em;white-space:nowrap}
.good{color:var(--good);background:var(--good-bg)}.bad{color:var(--bad);background:var(--bad-bg)}.open{color:var(--open);background:var(--open-bg)}
.chain{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem;padding:0;list-style:none}
.chain li{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--line);border-radius:.5rem;padding:.6rem .75rem;min-width:0}
.chain li.done{border-left-color:var(--good)}.chain li.open{border-left-color:var(--open)}.chain li.broken{border-left-color:var(--bad)}
.chain b{display:block}.chain span,.chain code{font-size:.85rem}
table{width:100%;border-collapse:collapse;font-size:.92rem}th{text-align:left;color:var(--soft);font-weight:600}
th,td{padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
code{font:.88em ui-monospace,monospace}.hash .rest{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
pre{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem;overflow-x:auto;font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere}
.bar{display:grid;grid-template-columns:minmax(8rem,18rem) 1fr 4.5rem;gap:.75rem;align-items:center;font-size:.9rem;padding:.15rem 0}
.bar div{position:relative;height:.9rem;background:var(--card);border-radius:.3rem}
.bar i{position:absolute;top:0;bottom:0;min-width:3px;border-radius:.3rem;background:var(--bar)}.bar.failed i{background:var(--bad)}.bar b{font-weight:400;text-align:right;color:var(--soft)}
@media(max-width:40rem){thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}td{display:block;border:0;padding:.1rem 0}td::before{content:attr(data-label) ": ";color:var(--soft)}.bar{grid-template-columns:1fr 4.5rem}.bar div{grid-column:1/-1;grid-row:2}}
@media print{body{max-width:none;padding:0;font-size:11pt}h2{break-after:avoid}tr,li,.bar{break-inside:avoid}}
`.trim();
