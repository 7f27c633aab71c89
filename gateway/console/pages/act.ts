import type { z } from "zod";
import type { Answer, Visit } from "../context.ts";
import type { Operation } from "../api/operation.ts";

/** A form of a page: posts to `path`, runs an operation of the REST API, and answers a page or the way to one. */
export interface Act {
  /** Path that the form posts to, with `:name` parts that become input. */
  readonly path: string;
  readonly operation: Operation;
  /** The form may bring a file: its name in the drop folder is the field `upload`, its own name `fileName`. */
  readonly takesFile?: true;
  /** What comes after. `output` is what the operation answered. */
  after(visit: Visit, output: unknown, input: Readonly<Record<string, unknown>>): Answer;
}

/** Declares a form with a file, which lies in the drop folder when the operation is called. */
export function fileAct<Input extends z.ZodObject, Output extends z.ZodType>(
  path: string,
  operation: Operation<Input, Output>,
  after: (visit: Visit, output: z.infer<Output>, input: z.infer<Input>) => Answer,
): Act {
  return { ...act(path, operation, after), takesFile: true };
}

/** Declares a form; the types of what the operation takes and gives are kept. */
export function act<Input extends z.ZodObject, Output extends z.ZodType>(
  path: string,
  operation: Operation<Input, Output>,
  after: (visit: Visit, output: z.infer<Output>, input: z.infer<Input>) => Answer,
): Act {
  return { path, operation: operation as unknown as Operation, after: after as Act["after"] };
}
