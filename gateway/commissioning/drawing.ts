import { GatewayError } from "../core/errors.ts";
import { COMMISSIONING_LIMITS } from "./limits.ts";

/** The paper that a signature is drawn on. */
const WIDTH = 300, HEIGHT = 100;

/**
 * A drawn signature as data: moves and lines of whole numbers within the paper, and nothing else of SVG.
 * @throws GatewayError COMMISSIONING_INVALID
 */
export function readDrawing(text: string): string {
  const { drawingChars } = COMMISSIONING_LIMITS;
  if (text.length > drawingChars) throw invalid(`has ${text.length} characters, at most ${drawingChars} are kept`);
  if (!/^(M\d{1,3} \d{1,3}( L\d{1,3} \d{1,3})+ ?)+$/.test(text)) {
    throw invalid("is no path of lines like M10 20 L30 40");
  }
  for (const [, x, y] of text.matchAll(/[ML](\d+) (\d+)/g)) {
    if (Number(x) > WIDTH || Number(y) > HEIGHT) {
      throw invalid(`leaves its paper of ${WIDTH} by ${HEIGHT} at ${x} ${y}`);
    }
  }
  return text.trim();
}

const invalid = (what: string): GatewayError =>
  new GatewayError("COMMISSIONING_INVALID", `The drawn signature ${what}`, {
    hint: "Draw it once more, or sign with your name alone",
  });
