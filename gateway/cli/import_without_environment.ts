import process from "node:process";

/**
 * Imports a module whose packages read the environment when they are imported: this process may read a few variables by
 * name and no other, so they see an empty one. Afterwards everything is as before.
 */
export async function importWithoutEnvironment<T>(load: () => Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(process, "env");
  Object.defineProperty(process, "env", { value: {}, configurable: true });
  try {
    return await load();
  } finally {
    if (before) Object.defineProperty(process, "env", before);
  }
}
