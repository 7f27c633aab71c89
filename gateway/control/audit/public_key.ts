/** Name of the file with the public keys of the chain in its folder, newest last. */
export const PUBLIC_KEY_FILE = "audit-public.pem";

/** Adds a key to the file; keys of earlier checkpoints stay. */
export async function publishKey(file: string, pem: string): Promise<void> {
  const known = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  if (!known.includes(pem)) await Deno.writeTextFile(file, known + pem, { mode: 0o644 });
}
