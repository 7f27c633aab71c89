/** The mark as a file of its own, for the browser's tab. */
export const MARK_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28">
<rect x="1" y="1" width="26" height="26" rx="6" fill="#5bc8cb"/>
<rect x="7" y="5" width="14" height="18" rx="7" fill="none" stroke="#06262a" stroke-width="2.2"/>
<circle cx="14" cy="14" r="3" fill="none" stroke="#06262a" stroke-width="2"/>
<path d="M14 8.5v2.5M14 17v2.5M8.8 14H11M17 14h2.2" stroke="#06262a" stroke-width="2" stroke-linecap="round"/>
</svg>
`;
