import type { CommandDeclaration } from "./command_table.ts";

const PASSPHRASE = { "passphrase=FILE": "File with the passphrase of the private key, 12 characters or more" };
const ROOT = {
  "keys=LIST": "Public files of the root's keys, by commas",
  "publisher=FILE": "Public file of the key that signs what is published",
  "threshold=COUNT": "How many keys must sign the next root; 2 if absent, 1 with single-key",
  "days=DAYS": "How long it holds; 365 if absent",
  "preset=PRESET": "two-of-three or single-key",
};

/** Commands of whoever publishes firmware: offline, without a gateway. Alphabetical. */
export const FIRMWARE_REPOSITORY_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "firmware repository add",
    where: "local",
    summary: "Adds an image to a repository, to be offered from the next publication on",
    args: ["folder", "file"],
    options: {
      "vendor=VENDOR": "Vendor, as the repository knows it",
      "model=MODEL": "Model it is for; absent: all of the vendor",
      "version=VERSION": "Version that stations report when they run it",
      "counter=NUMBER": "The vendor's release counter",
      "signature=FILE": "The vendor's signature of the whole file",
      "certificate=FILE": "The vendor's signing certificate",
      "sbom=FILE": "SPDX or CycloneDX as JSON",
      "notes=FILE": "Release notes as text",
    },
    example: "firmware repository add repo a.deb --vendor bender --model CC613 --version 5.33.2",
  },
  {
    name: "firmware repository bundle",
    where: "local",
    summary: "Packs what was published last as one file for sites without a network",
    args: ["folder", "file"],
    example: "firmware repository bundle repo fleet-12.fwb",
  },
  {
    name: "firmware repository new",
    where: "local",
    summary: "Makes the folder of a TUF repository around a signed root",
    args: ["folder"],
    options: { "root=FILE": "The signed root" },
    example: "firmware repository new repo --root 1.root.json",
  },
  {
    name: "firmware repository publish",
    where: "local",
    summary: "Signs and writes new metadata of all roles; metadata/ and targets/ may then be copied to any web server",
    args: ["folder"],
    options: {
      "keys=LIST": "Private files of the publisher and of the vendors' roles, by commas",
      "days=DAYS": "How long it holds; 30 if absent",
      ...PASSPHRASE,
    },
    example: "firmware repository publish repo --keys publisher,bender",
  },
  {
    name: "firmware repository root",
    where: "local",
    summary: "Adds the next root to a repository, when the keys of both roots have signed it",
    args: ["folder"],
    options: { "root=FILE": "The signed next root" },
    example: "firmware repository root repo --root 2.root.json",
  },
  {
    name: "firmware repository vendor",
    where: "local",
    summary: "Names the key that signs a vendor's images, and those alone",
    args: ["folder", "vendor"],
    options: { "key=FILE": "Public file of the key" },
    example: "firmware repository vendor repo bender --key bender.pub",
  },
];

/** Commands about offline keys and roots. Alphabetical. */
export const FIRMWARE_ROOT_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "firmware root key",
    where: "local",
    summary: "Makes an Ed25519 key for a root, a publisher or a vendor's role: FILE is private, FILE.pub is not",
    args: ["file"],
    options: PASSPHRASE,
    example: "firmware root key anna --passphrase anna.pass",
  },
  {
    name: "firmware root new",
    where: "local",
    summary: "Writes the first root of a repository, to be signed by two of three keys",
    args: ["file"],
    options: ROOT,
    example: "firmware root new 1.root.json --keys anna.pub,ben.pub,carl.pub --publisher publisher.pub",
  },
  {
    name: "firmware root rotate",
    where: "local",
    summary: "Writes the root after another one, to be signed by the keys of both",
    args: ["before", "file"],
    options: ROOT,
    example: "firmware root rotate 1.root.json 2.root.json --keys anna.pub,ben.pub,dora.pub --publisher publisher.pub",
  },
  {
    name: "firmware root show",
    where: "local",
    summary: "Shows a root: its keys, who signed, and whether that is enough",
    args: ["file"],
    options: { "before=FILE": "The root before it, which must vouch for it" },
    example: "firmware root show 2.root.json --before 1.root.json",
  },
  {
    name: "firmware root sign",
    where: "local",
    summary: "Adds a key's signature to a root",
    args: ["file"],
    options: {
      "key=FILE": "The private key",
      "before=FILE": "The root before it, to sign with one of its keys",
      ...PASSPHRASE,
    },
    example: "firmware root sign 1.root.json --key anna --passphrase anna.pass",
  },
];

/** Names of all of them. */
export const FIRMWARE_PUBLISHING = [...FIRMWARE_REPOSITORY_COMMANDS, ...FIRMWARE_ROOT_COMMANDS].map(({ name }) => name);
