/** The pages' only style sheet: light and dark, phone and print, no font or file from elsewhere. */
export const style = `
:root{color-scheme:light dark;--ink:#1b2430;--soft:#556373;--paper:#fff;--card:#f5f7fa;--line:#d8dfe7;--link:#1f5fae;--good:#116a43;--good-bg:#dff5ea;--bad:#9c2119;--bad-bg:#fde5e2;--open:#704b00;--open-bg:#fff1cf;--s0:#2f6db5;--s1:#b4540a;--s2:#147a5c;--s3:#8a3ea8}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#a3b1c0;--paper:#12171d;--card:#1b222b;--line:#333e4b;--link:#8fbcf5;--good:#6fdba8;--good-bg:#123526;--bad:#ff9c92;--bad-bg:#44191a;--open:#ffd37a;--open-bg:#3d2f0b;--s0:#6ea8ea;--s1:#f0a05c;--s2:#5fc9a4;--s3:#cf9ae6}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:72rem;padding:2rem 1.25rem 3rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
h1,h2,h3{line-height:1.25;text-wrap:balance}h1{margin:0;font-size:1.75rem}h2{margin:2.75rem 0 .75rem;font-size:1.3rem}h3{margin:2rem 0 .5rem;font-size:1.05rem}
p{margin:.4rem 0}a{color:var(--link)}.soft{color:var(--soft)}
article{margin-top:3.5rem;padding-top:1px;border-top:3px solid var(--line)}article>h2{margin-top:1.5rem;font-size:1.5rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.9rem 0 1.1rem;padding:.6rem 0;list-style:none;border:solid var(--line);border-width:1px 0;font-size:.92rem}
nav a{display:inline-block;padding:.15rem 0}
footer{margin-top:3.5rem;padding-top:.75rem;border-top:1px solid var(--line);color:var(--soft);font-size:.88rem}
.badge{display:inline-block;padding:.05rem .6rem;border-radius:1rem;font-size:.875rem;font-weight:600;white-space:nowrap;vertical-align:middle}
.good{color:var(--good);background:var(--good-bg)}.bad{color:var(--bad);background:var(--bad-bg)}.open{color:var(--open);background:var(--open-bg)}
.chain{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:.75rem 0;padding:0;list-style:none}
.chain li{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--line);border-radius:.5rem;padding:.55rem .75rem;min-width:0}
.chain li.done{border-left-color:var(--good)}.chain li.open{color:inherit;border-left-color:var(--open)}.chain li.broken{border-left-color:var(--bad)}
.chain b{display:block}.chain span{font-size:.88rem}
table{width:100%;margin:.5rem 0;border-collapse:collapse;font-size:.92rem}
th{text-align:left;font-weight:inherit}thead th{color:var(--soft);font-weight:600;font-size:.85rem}
th,td{padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
code,pre{font:.875em ui-monospace,monospace}
.hash{white-space:nowrap}.hash .rest,.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
pre{margin:.35rem 0;background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.6rem .75rem;white-space:pre-wrap}
pre.prints{border-left:4px solid var(--good)}
details{margin:.6rem 0}summary{cursor:pointer;padding:.2rem 0;color:var(--link)}
.proofs{padding-left:1.4rem}.proofs li{margin:1rem 0}.proofs p{margin:.2rem 0}
.timeline{table-layout:fixed}.timeline th:first-child{width:34%}.timeline td:last-child{width:5.5rem;padding-right:0;text-align:right;color:var(--soft);white-space:nowrap}.timeline thead th:last-child{text-align:right;padding-right:0;width:5.5rem}.timeline td{position:relative;vertical-align:middle}
.span{display:block;width:100%;height:.85rem;background:var(--card);border-radius:.25rem}.span rect{fill:var(--s0)}.span.failed rect{fill:var(--bad)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1rem;margin:.75rem 0}
figure{margin:0;padding:.75rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem;min-width:0;max-width:36rem}
figure>svg{display:block;width:100%;height:auto}figure text{font:11px system-ui,sans-serif;fill:var(--soft);paint-order:stroke;stroke:var(--card);stroke-width:3px}
figcaption{font-size:.9rem}figcaption p{margin:.15rem 0}figcaption details{margin:.2rem 0 0}
.grid{stroke:var(--line)}.limit{stroke:var(--ink);stroke-dasharray:2 3}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.line.s0{stroke:var(--s0)}.line.s1{stroke:var(--s1);stroke-dasharray:6 3}.line.s2{stroke:var(--s2);stroke-dasharray:2 2}.line.s3{stroke:var(--s3);stroke-dasharray:9 3 2 3}
rect.s0{fill:var(--s0)}rect.s1{fill:var(--s1)}rect.s2{fill:var(--s2)}rect.s3{fill:var(--s3)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.15rem 0;padding:0;list-style:none}.swatch{width:1.5rem;height:.5rem;margin-right:.4rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,13rem),1fr));gap:.6rem;margin:.75rem 0}
dl div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}dt{color:var(--soft);font-size:.88rem}dd{margin:0}dd.figure{font-size:1.4rem;font-weight:600}
@media(min-width:40.01rem){.short{white-space:nowrap}}
@media(max-width:40rem){body{padding:1.25rem 1rem 2rem}h1{font-size:1.45rem}.chain{grid-template-columns:1fr 1fr}
table,tbody,tr,td,tbody th{display:block}thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{padding:.55rem 0;border-bottom:1px solid var(--line)}tbody th,td{border:0;padding:.08rem 0}tbody th{font-weight:600}td::before{content:attr(data-label) ": ";color:var(--soft)}
.timeline tr{display:grid;grid-template-columns:1fr auto;gap:0 .75rem}.timeline tbody th:first-child{width:auto;font-weight:inherit}.timeline td:nth-child(2){grid-row:2;grid-column:1/-1}.timeline td:last-child{width:auto}.timeline td::before{content:none}}
@media print{:root{--paper:#fff}body{max-width:none;padding:0;font-size:10pt}nav{display:none}article{break-before:page;border:0;margin:0}h1,h2,h3,summary{break-after:avoid}tr,.chain li,figure,.proofs li,dl div{break-inside:avoid}
summary{color:inherit}details::details-content{content-visibility:visible;display:block;height:auto}figcaption details{display:none}td .hash{display:inline-block;max-width:22ch}.hash{white-space:normal}.hash .rest{position:static;width:auto;height:auto;clip-path:none;white-space:normal}
table{font-size:9pt}td,tbody th{padding-right:.5rem}
*{print-color-adjust:exact}}
`.trim();
