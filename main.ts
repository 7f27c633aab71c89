// The list of it all: commands -> load -> start -> drain. Filled in by the supervisor and the command table.
export {};
