/** Line drawings on a 24 by 24 field; they repeat what the text beside them says, so screen readers leave them out. */
const DRAWINGS = {
  alert: ["M12 4 3 20h18z", "M12 10v4.5", "M12 17.4v.1"],
  arrow: ["M5 12h14", "M13 6l6 6-6 6"],
  audit: ["M6 3h9l4 4v14H6z", "M9 12h7", "M9 16h7", "M9 8h3"],
  badge: ["M4 6h16v12H4z", "M8 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4z", "M13 10h4", "M13 14h4"],
  bell: ["M6 16v-5a6 6 0 0 1 12 0v5l1.5 2h-15z", "M10 20.5a2.2 2.2 0 0 0 4 0"],
  certificate: ["M4 5h16v10H4z", "M8 9h8", "M12 15v6l2.2-1.6L16.5 21v-6"],
  check: ["M4.5 12.5l5 5 10-11"],
  circle: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z"],
  clock: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z", "M12 8v4.5l3 2"],
  cross: ["M6 6l12 12", "M18 6L6 18"],
  dashboard: ["M4 4h7v9H4z", "M13 4h7v5h-7z", "M13 11h7v9h-7z", "M4 15h7v5H4z"],
  energy: ["M13 3 5 14h6l-1 7 8-11h-6z"],
  inbox: ["M4 13l2.5-8h11L20 13v6H4z", "M4 13h5l1 2.5h4l1-2.5h5"],
  info: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z", "M12 11v5", "M12 8v.1"],
  key: ["M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M11 12l8-8", "M15.5 7.500l3 3"],
  link: ["M9.5 14.500l5-5", "M8 11l-2.5 2.500a3.5 3.5 0 0 0 5 5L13 16", "M16 13l2.5-2.500a3.5 3.5 0 0 0-5-5L11 8"],
  lock: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  network: ["M10 4h4v4h-4z", "M4 16h4v4H4z", "M16 16h4v4h-4z", "M12 8v4", "M6 16v-4h12v4"],
  people: [
    "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    "M3.5 19a5.5 5.5 0 0 1 11 0",
    "M16 6a2.7 2.7 0 0 1 0 5.2",
    "M17 14a5 5 0 0 1 3.5 5",
  ],
  plan: ["M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2z", "M9 4v14", "M15 6v14"],
  plug: ["M9 3v5", "M15 3v5", "M6.5 8h11v3a5.5 5.5 0 0 1-11 0z", "M12 16.500V21"],
  policy: ["M12 3l7.5 3v5.500c0 4.5-3 7.5-7.5 9.5-4.5-2-7.5-5-7.5-9.500V6z", "M8.5 12l2.5 2.5 4.5-5"],
  system: ["M4 5h16v6H4z", "M4 13h16v6H4z", "M7.5 8h.1", "M7.5 16h.1", "M11 8h5", "M11 16h5"],
  unplug: [
    "M4 4l16 16",
    "M9 3v3",
    "M15 3v5",
    "M10 8h7.500v3a5.5 5.5 0 0 1-.8 2.8",
    "M6.5 8v3a5.5 5.5 0 0 0 8 4.9",
    "M12 16.500V21",
  ],
} as const;

/** Name of a drawing. */
export type IconName = keyof typeof DRAWINGS;

/** One drawing in the colour and size of the text. */
export function Icon({ name, class: extra }: { readonly name: IconName; readonly class?: string }) {
  return (
    <svg class={extra ? `icon ${extra}` : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <IconLines name={name} />
    </svg>
  );
}

/** The lines of one drawing, for a drawing that holds it. */
export function IconLines({ name }: { readonly name: IconName }) {
  return <>{DRAWINGS[name].map((path) => <path d={path} />)}</>;
}

/** The mark: a bulkhead with its door shut. */
export function Mark() {
  return (
    <svg viewBox="0 0 28 28" aria-hidden="true" focusable="false">
      <rect x="1" y="1" width="26" height="26" rx="6" fill="#5bc8cb" />
      <rect x="7" y="5" width="14" height="18" rx="7" fill="none" stroke="#06262a" stroke-width="2.2" />
      <circle cx="14" cy="14" r="3" fill="none" stroke="#06262a" stroke-width="2" />
      <path
        d="M14 8.500v2.500M14 17v2.500M8.8 14H11M17 14h2.2"
        stroke="#06262a"
        stroke-width="2"
        stroke-linecap="round"
      />
    </svg>
  );
}
