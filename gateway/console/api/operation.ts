import type { z } from "zod";
import type { Asker } from "../person.ts";

/** Methods of the REST API. */
export type Method = "delete" | "get" | "patch" | "post" | "put";

/**
 * One thing that can be read or done: a route of the REST API, and what a form of a page runs. It only carries to control,
 * which judges.
 */
export interface Operation<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodType = z.ZodType> {
  /** Unique; the operationId of the OpenAPI document, as "renewStationCredential". */
  readonly id: string;
  readonly method: Method;
  /** Below /api/v1, with `{name}` parts that are keys of the input. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** What the person must be allowed to: a verb or "command NAME"; control decides. */
  readonly needs: string;
  /** All that it takes, from path, query and body alike. */
  readonly input: Input;
  readonly output: Output;
  /**
   * The body of the request is a file for the drop folder, and the input comes from path and query. `call` is asked before
   * a byte of it is read, and refuses who may not bring one; the answer is the file as it lies there.
   */
  readonly takesFile?: true;
  call(person: Asker, input: z.infer<Input>): Promise<z.infer<Output>>;
}

/** Declares an operation; keeps the types of its input and output. */
export function operation<Input extends z.ZodObject, Output extends z.ZodType>(
  declared: Operation<Input, Output>,
): Operation<Input, Output> {
  return declared;
}
