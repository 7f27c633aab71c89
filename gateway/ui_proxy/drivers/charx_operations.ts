import { jsonBody } from "./driver.ts";
import { changeOf, type DriverOperations } from "./operations.ts";

const API = "/api/v1.0/web";
/** A page or an object in the place of a file says no. */
const isFile: NonNullable<Extract<DriverOperations["logs"], { request: unknown }>>["isFile"] = (
  { status, headers },
) => status === 200 && !/^(?:text\/html|application\/json)/i.test(headers.get("content-type")?.[0] ?? "");

/** Phoenix Contact CHARX SEC-3xxx by the public study of firmware 1.9.0; to be compared with a device. */
export const CHARX_OPERATIONS: DriverOperations = {
  password: {
    roles: ["user", "operator", "manufacturer"],
    *set({ session: { headers }, account: { name, password }, next }) {
      const target = `${API}/user/change-password`;
      const { headers: type = [], ...sent } = jsonBody({ username: name, password, password_new: next, role: name });
      return changeOf(yield { method: "POST", target, headers: [...headers, ...type], ...sent }, `POST ${target}`);
    },
  },
  logs: {
    role: "operator",
    fileName: "logs.zip",
    request: ({ headers }) => ({ method: "GET", target: `${API}/download/logs`, headers }),
    isFile,
  },
  configuration: {
    role: "operator",
    fileName: "configuration.zip",
    request: ({ headers }) => ({ method: "GET", target: `${API}/export`, headers }),
    isFile,
  },
  firmware: {
    role: "manufacturer",
    target: `${API}/update2-upload-stream`,
    taken: (answer) => changeOf(answer, `POST ${API}/update2-upload-stream`),
    // The name is part of a command on firmware before 1.6.3 (CVE-2024-28135): the caller made it plain.
    *install({ headers }, fileName) {
      const target = `${API}/update2-install`;
      const { headers: type = [], ...sent } = jsonBody({ filename: fileName });
      return changeOf(yield { method: "POST", target, headers: [...headers, ...type], ...sent }, `POST ${target}`);
    },
  },
  reboot: {
    role: "operator",
    *now({ headers }) {
      const target = `${API}/reboot-all`;
      const { headers: type = [], ...sent } = jsonBody({});
      return changeOf(yield { method: "POST", target, headers: [...headers, ...type], ...sent }, `POST ${target}`);
    },
  },
};
