/**
 * Finds a recording by its name: in the home directory, or among the samples that come with this package. A whole path is taken as it is.
 *
 * In: msg.filename. Output: the same message with the whole path.
 */
module.exports = function (msg, node, context, flow, env, fs, os, path) {
  const home = os.homedir();
  const samples = "node_modules/node-red-contrib-assemblyai/dist/simulator/samples";
  // Node-RED's user directory: of an ordinary installation, of its Docker image, or where it was started.
  const userDirectories = [path.join(home, ".node-red"), "/data", "."];
  const folders = [home, ...userDirectories.map((folder) => path.join(folder, samples))];
  const found = folders.map((folder) => path.resolve(folder, msg.filename)).find((file) => fs.existsSync(file));
  if (found !== undefined) return { ...msg, filename: found };
  node.error(`There is no ${msg.filename}. Put it into ${home}, or open the button and enter its whole path.`, msg);
};
