// The style sheet of the html report.
#pragma once

#include <string_view>

namespace saiph::report {

inline constexpr std::string_view kHtmlStyle = R"css(
:root{--ink:#1b1f24;--soft:#59636e;--paper:#ffffff;--card:#f6f8fa;--line:#d5dbe1;
--critical:#8f0a1f;--high:#c0321d;--medium:#96620a;--low:#1f6391;--info:#59636e;--open:#6b4ba1;--none:#22604a}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebee;--soft:#9da7b1;--paper:#111418;--card:#1a1f25;--line:#333b44;
--critical:#ff8c96;--high:#ff9b84;--medium:#e5b567;--low:#83bfee;--info:#9da7b1;--open:#c3a9f0;--none:#84cfae}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}
h1{font-size:2rem;line-height:1.2;margin:.2rem 0 .6rem}
h2{font-size:1.35rem;margin:2.2rem 0 .8rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1.05rem;margin:0;overflow-wrap:anywhere}
h4{font-size:1rem;margin:0 0 .4rem;overflow-wrap:anywhere}
p{margin:.4rem 0}
header{border-left:.4rem solid var(--tone);padding:.1rem 0 .1rem 1rem;margin-bottom:1.4rem}
header.bad{--tone:var(--high)}header.open{--tone:var(--open)}header.none{--tone:var(--none)}
header h1{color:var(--tone)}
.kicker{color:var(--soft);margin:0;font-size:.9rem}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(7rem,1fr));gap:.6rem;margin:0 0 1rem}
.numbers div{background:var(--card);border:1px solid var(--line);border-top:.25rem solid var(--tone);border-radius:.4rem;padding:.5rem .7rem}
.numbers dt{color:var(--soft);font-size:.85rem}
.numbers dd{margin:0;font-size:1.6rem;font-weight:650;color:var(--tone);font-variant-numeric:tabular-nums}
.numbers .zero{border-top-color:var(--line)}.numbers .zero dd{color:var(--soft);font-weight:400}
.critical{--tone:var(--critical)}.high{--tone:var(--high)}.medium{--tone:var(--medium)}.low{--tone:var(--low)}
.info{--tone:var(--info)}.numbers .open{--tone:var(--open)}.numbers .plain{--tone:var(--soft)}
.badge{display:inline-block;min-width:4.6rem;text-align:center;font-size:.78rem;font-weight:650;color:var(--tone);border:1px solid var(--tone);border-radius:1rem;padding:0 .5rem;margin-right:.35rem}
table{border-collapse:collapse;width:100%;margin:.6rem 0 1.2rem}
th,td{text-align:left;padding:.4rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}
th{font-size:.85rem;color:var(--soft);font-weight:600}
.n{text-align:right;font-variant-numeric:tabular-nums}
article{border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:0 0 1rem;background:var(--card)}
.finding{border-left:.25rem solid var(--tone);padding-left:.8rem;margin-top:1rem}
.muted{--tone:var(--soft)}
.rule{color:var(--soft);font-weight:400;font-size:.85rem}
.facts,.references{color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}
.references span{display:inline-block;border:1px solid var(--line);border-radius:.3rem;padding:0 .35rem;margin:.1rem .1rem .1rem 0}
.where{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85rem;color:var(--soft)}
.where::after{content:" \2014"}
code,pre{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.82rem}
pre{margin:.3rem 0;padding:.5rem .6rem;background:var(--paper);border:1px solid var(--line);border-radius:.3rem;white-space:pre-wrap;overflow-wrap:anywhere}
ul{padding-left:1.2rem;margin:.4rem 0}
li{margin:.2rem 0;overflow-wrap:anywhere}
.suppressed,.warning{border-left:.25rem solid var(--medium);padding-left:.6rem;overflow-wrap:anywhere}
summary{cursor:pointer}
footer h2{font-size:1.1rem}
.settings{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;font-size:.9rem}
.settings dt{color:var(--soft)}.settings dd{margin:0;overflow-wrap:anywhere}
@media (max-width:34rem){main{padding:1rem .9rem 2rem}h1{font-size:1.6rem}.settings{grid-template-columns:1fr;gap:0}.settings dd{margin-bottom:.4rem}article{padding:.8rem}.numbers{grid-template-columns:repeat(2,1fr)}}
@media print{body{font-size:11pt}main{max-width:none;padding:0}article,.finding li,tr{break-inside:avoid}article,.numbers div{background:none}}
)css";

}  // namespace saiph::report
