/**
 * Node-RED puts an imported flow into a new tab and stays on the old one, where somebody who imports an example sees nothing of it. So the
 * tab is shown, the first of several, where nodes of this package were imported.
 */
(function () {
  const isOurs = (id: string) => RED.nodes.node(id)?.type.startsWith("assemblyai-");

  RED.events.on("flows:add", ({ id }) => {
    // An import adds one entry to the history, after all of its tabs. Loading the flows adds none: the tab that is shown then stays.
    setTimeout(() => {
      const last = RED.history.peek();
      const entry = [last, ...(last?.events ?? [])].find((one) => one?.workspaces?.[0]);
      if (entry?.workspaces?.[0]?.id === id && entry.nodes?.some(isOurs)) RED.workspaces.show(id);
    });
  });
})();
