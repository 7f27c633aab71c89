import qrcode from "qrcode-generator";

/** A QR code as one drawn path, readable also on a dark page. `label` says what it is for. */
export function Qr({ text, label }: { text: string; label: string }) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const cells: string[] = [];
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (code.isDark(row, column)) cells.push(`M${column} ${row}h1v1h-1z`);
    }
  }
  return (
    <div class="qr">
      <svg viewBox={`0 0 ${count} ${count}`} role="img" aria-label={label} shape-rendering="crispEdges">
        <path d={cells.join("")} fill="#000000" />
      </svg>
    </div>
  );
}
