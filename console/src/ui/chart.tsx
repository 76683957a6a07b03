// Findings and scans by day: stacked bars on a canvas, and the same numbers as a table for those who
// cannot see it.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { DayCount, Severity } from "../api/schema.ts";
import { count } from "../lib/format.ts";
import { onTheme } from "../theme.ts";
import { severities, severityWord } from "./parts.tsx";

const stacked: Severity[] = [...severities].reverse();

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Each severity's bar reaches from zero to the sum of itself and all below, drawn from the tallest. */
function data(days: DayCount[]): uPlot.AlignedData {
  const times = days.map((day) => Date.parse(`${day.day}T00:00:00Z`) / 1000);
  const sums = days.map(() => 0);
  const rows = stacked.map((severity) => days.map((day, i) => (sums[i] = sums[i]! + day.findings[severity])));
  return [times, ...rows.reverse()];
}

function draw(box: HTMLElement, days: DayCount[]): uPlot {
  const soft = colour("--soft");
  const line = colour("--line");
  const values = data(days);
  const most = Math.max(4, ...(values[1] as number[]));
  const axis = { stroke: soft, font: `11px ${getComputedStyle(box).fontFamily}`, ticks: { show: false } };
  const utcDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  return new uPlot({
    width: box.clientWidth,
    height: box.clientHeight,
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 4, 0, 0],
    scales: { x: { time: true, range: (_, from, to) => [from - 43_200, to + 43_200] }, y: { range: [0, most * 1.08] } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 64, values: (_, ticks) => ticks.map((tick) => utcDay.format(new Date(tick * 1000))) },
      { ...axis, grid: { stroke: line, width: 1 }, size: 34, space: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10_000] },
    ],
    series: [{}, ...severities.map((severity): uPlot.Series => ({
      label: severityWord(severity),
      fill: colour(`--bar-${severity}`),
      width: 0,
      points: { show: false },
      paths: uPlot.paths.bars!({ size: [0.72, 22], radius: 0 }),
    }))],
  }, values, box);
}

export function DayChart({ days }: { days: DayCount[] }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let plot = draw(element, days);
    const again = () => {
      plot.destroy();
      plot = draw(element, days);
    };
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    const stop = onTheme(again);
    return () => {
      observer.disconnect();
      stop();
      plot.destroy();
    };
  }, [days]);
  const total = days.reduce((sum, day) => sum + severities.reduce((s, severity) => s + day.findings[severity], 0), 0);
  return (
    <figure class="stack-tight">
      <div class="chart" ref={box} role="img" aria-label={`New findings a day over ${days.length} days, ${count(total)} in all. The numbers are in the table below.`} />
      <ul class="legend">{severities.map((s) => <li key={s} class={`tone-${s}`}><i aria-hidden="true" />{severityWord(s)}</li>)}</ul>
      <details>
        <summary class="small">The numbers as a table</summary>
        <div class="table-wrap" tabIndex={0} role="region" aria-label="New findings a day">
          <table class="table small">
            <thead><tr><th>Day (UTC)</th><th class="right">Scans</th>{severities.map((s) => <th key={s} class="right">{severityWord(s)}</th>)}</tr></thead>
            <tbody>
              {[...days].reverse().map((day) => (
                <tr key={day.day}>
                  <td class="nowrap">{day.day}</td><td class="right number">{count(day.scans)}</td>
                  {severities.map((s) => <td key={s} class="right number">{count(day.findings[s])}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
