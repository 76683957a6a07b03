// The console's icons: strokes on a grid of 24, drawn for this console. They are decoration beside words;
// where one stands alone its button has a label.
import type { JSX } from "preact";

const paths = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  assets: "M12 3 20 7.500v9L12 21l-8-4.500v-9zM4.300 7.600 12 12l7.700-4.400M12 12v8.700",
  findings: "M12 4 21 19.500H3zM12 10v4.500M12 17v.2",
  scans: "M4 8V5a1 1 0 0 1 1-1h3M16 4h3a1 1 0 0 1 1 1v3M20 16v3a1 1 0 0 1-1 1h-3M8 20H5a1 1 0 0 1-1-1v-3M4 12h16",
  inspect: "M4 6h16M4 11h6M4 16h6M16.500 17.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM19 16.500 21.500 19",
  ledger: "M6 4h11a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM4 17a2 2 0 0 1 2-1h12M9 8h5M9 11.500h3",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0 2 2 0 0 0-4 0zM7 17a2 2 0 1 0 4 0 2 2 0 0 0-4 0z",
  check: "M5 12.500 10 17.500 19.500 7",
  good: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.300l2.800 2.800L16 9.600",
  bad: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9 9l6 6M15 9l-6 6",
  open: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.500 9.600a2.500 2.500 0 1 1 3.600 2.200c-.7.4-1.100.9-1.100 1.700M12 16.500v.2",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.500M12 7.800v.2",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.200l3.200 2",
  copy: "M9 9h10a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1zM5 15H4.800a.8.8 0 0 1-.8-.8V5a1 1 0 0 1 1-1h9.200a.8.8 0 0 1 .8.8V5",
  upload: "M12 16V5M7.500 9 12 4.500 16.500 9M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  download: "M12 4v11M7.500 11 12 15.500 16.500 11M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  go: "M9 5.500 15.500 12 9 18.500",
  close: "M6 6l12 12M18 6 6 18",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v1.500M12 19.500V21M3 12h1.500M19.500 12H21M5.600 5.600l1.100 1.100M17.300 17.300l1.100 1.100M18.400 5.600l-1.100 1.100M6.700 17.300l-1.100 1.100",
  moon: "M20 14.500A8 8 0 0 1 9.500 4a8 8 0 1 0 10.500 10.500z",
  auto: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18",
  out: "M10 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h4M15 8l4 4-4 4M19 12H10",
  shield: "M12 3.500 19 6v5.500c0 4.300-2.900 7.400-7 9-4.100-1.600-7-4.700-7-9V6z",
  key: "M14.500 13.500a5 5 0 1 0-4.700-3.300L4 16v4h4v-2.500h2.500V15l1.300-1.800c.8.3 1.700.4 2.700.3zM15.500 8.500v.1",
  hide: "M4 4l16 16M10 6.200A9 9 0 0 1 12 6c5 0 8 4 9 6a14 14 0 0 1-2.700 3.500M6.500 7.800A14 14 0 0 0 3 12c1 2 4 6 9 6a9 9 0 0 0 4-.9",
  people: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c.3-3.700 2.900-6 6.500-6s6.200 2.300 6.500 6M16 4.300a3.500 3.500 0 0 1 0 6.400M18 14.600c2 .8 3.300 2.700 3.500 5.400",
  stop: "M7 7h10v10H7z",
  plus: "M12 5v14M5 12h14",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18, ...rest }: { name: IconName; size?: number } & JSX.SVGAttributes<SVGSVGElement>) {
  return (
    <svg {...rest} width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

export function Star({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path fill="currentColor" d="M16 1.500c1.100 8.400 5.100 13.100 14.500 14.500C21.100 17.400 17.100 22.100 16 30.500 14.900 22.100 10.900 17.400 1.500 16 10.900 14.600 14.900 9.900 16 1.500z" />
    </svg>
  );
}
