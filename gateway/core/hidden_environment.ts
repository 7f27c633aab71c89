import process from "node:process";

/**
 * Shows packages an empty environment until the returned function is called: some list all of it when they are imported,
 * for which a process or Worker would need the right to every variable.
 */
export function hideEnvironment(): () => void {
  const before = Object.getOwnPropertyDescriptor(process, "env");
  Object.defineProperty(process, "env", { value: {}, configurable: true });
  return () => {
    if (before) Object.defineProperty(process, "env", before);
  };
}
