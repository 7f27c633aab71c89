import type { CommandDeclaration } from "./command_table.ts";

/** Every command about what drivers do at controllers; a part of COMMANDS. Alphabetical. */
export const DEVICE_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "device capabilities",
    where: "control",
    summary: "Shows what the driver of a station's controller can do by itself, and the steps of a person for the rest",
    args: ["station"],
    example: "device capabilities CP042",
  },
  {
    name: "device check",
    where: "control",
    summary:
      "Says whether a documented password of the factory still works; each is tried at most once; exit code 1 if so",
    args: ["station"],
    options: { "again": "Lets each be tried once more: other hardware, or a factory reset" },
    example: "device check CP042",
  },
  {
    name: "device download",
    where: "control",
    summary: "Has logs or configuration of a controller by its driver; kept sealed here",
    args: ["station"],
    options: { "what=WHAT": "logs or configuration", "file=FILE": "Also takes it out, to this file" },
    example: "device download CP042 --what logs --file CP042-logs.zip",
  },
  {
    name: "device file",
    where: "control",
    summary: "Takes a file of a controller out of its sealed copy",
    args: ["id"],
    options: { "file=FILE": "Where it goes", "from=BYTE": "Only a piece, as base64 with --json" },
    example: "device file 4f0c1d9e2b7a --file CP042-logs.zip",
  },
  {
    name: "device files",
    where: "control",
    summary: "Lists files of controllers that are kept sealed",
    example: "device files",
  },
  {
    name: "device firmware",
    where: "control",
    summary: "Brings a verified image of the vault to a controller by its page, where the driver can",
    args: ["station"],
    options: {
      "image=SHA256": "The image, as `firmware list` names it",
      "force": "Also while it charges or something else updates it",
    },
    example: "device firmware CP042 --image 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  },
  {
    name: "device import",
    where: "control",
    summary: "Writes settings of a file to a controller by its driver, judged as on its page, and reads them again",
    args: ["station"],
    options: {
      "file=FILE": "Settings: JSON as `device download` writes it, or lines of Key=value",
      "role=ROLE": "The account to write as; the least that may when absent",
    },
    sendsFiles: ["file"],
    example: "device import CP042 --file golden.json",
  },
  {
    name: "device password",
    where: "control",
    summary: "Sets the password of a role by the driver and proves it by a fresh login; the old one is proven first",
    args: ["station"],
    options: {
      "role=ROLE": "user, operator, installer or manufacturer",
      "old=FILE": "File with the password that it has",
      "new=FILE": "File with the one that it gets",
    },
    sendsFiles: ["old", "new"],
    example: "device password CP042 --role operator --old secrets/CP042.operator --new CP042.new",
  },
  {
    name: "device prove",
    where: "control",
    summary: "Logs in at a controller with the site's password of a role, and out again",
    args: ["station"],
    options: { "role=ROLE": "user, operator, installer or manufacturer" },
    example: "device prove CP042 --role operator",
  },
  {
    name: "device reboot",
    where: "control",
    summary: "Restarts a controller by its page, where the driver can",
    args: ["station"],
    options: { "force": "Also while it charges" },
    example: "device reboot CP042",
  },
  {
    name: "device settings",
    where: "control",
    summary: "Reads the settings of a controller by its driver; values that are secrets are left out",
    args: ["station"],
    options: { "keys=LIST": "Only these, as OperatorCurrentLimit_vehicleif,FreeCharging_vehicleif" },
    example: "device settings CP042 --keys OperatorCurrentLimit_vehicleif",
  },
];
