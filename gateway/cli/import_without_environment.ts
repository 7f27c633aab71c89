import { hideEnvironment } from "../core/hidden_environment.ts";

/**
 * Imports a module whose packages read the environment when they are imported: this process may read a few variables by
 * name and no other. Afterwards everything is as before.
 */
export async function importWithoutEnvironment<T>(load: () => Promise<T>): Promise<T> {
  const show = hideEnvironment();
  try {
    return await load();
  } finally {
    show();
  }
}
