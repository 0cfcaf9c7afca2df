// What the kernels of Jupyter's client library use of the rest of it (see bundle.mjs).

export { CommsOverSubshells } from "@jupyterlab/services/lib/kernel/comm.js";
export { ServerConnection } from "@jupyterlab/services/lib/serverconnection.js";
