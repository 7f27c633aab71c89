import { DEMO_LIMITS } from "./limits.ts";

/** Cuts text into lines without their ends; an endless line is cut at the limit. */
export class TextLineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split(/\r?\n/);
        rest = lines.pop()!.slice(0, DEMO_LIMITS.lineChars);
        for (const line of lines) controller.enqueue(line.slice(0, DEMO_LIMITS.lineChars));
      },
      flush(controller) {
        if (rest !== "") controller.enqueue(rest);
      },
    });
  }
}
