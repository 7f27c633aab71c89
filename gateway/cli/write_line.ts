import { writeSync } from "node:fs";

/** Writes one line to standard output at once, so that nothing is lost when the process ends. */
export function writeLine(line: string): void {
  write(1, line);
}

/** Writes one line to standard error. */
export function writeErrorLine(line: string): void {
  write(2, line);
}

function write(descriptor: 1 | 2, line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}
