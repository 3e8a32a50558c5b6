/**
 * The editor as the *.editor.ts scripts see it. They become plain scripts inside the nodes' .html, so these names are global.
 *
 * Differs from @types/node-red 1.3.5 in the validators: with two parameters they may give the reason why a value is not valid
 * (Node-RED 3 and later), and only with exactly two.
 */
type EditorNode<Properties extends EditorNodeProperties> = import("node-red").EditorNodeInstance<Properties>;
type EditorNodeProperties = import("node-red").EditorNodeProperties;

interface EditorProperty<Properties extends EditorNodeProperties, Value> {
  value: Value | "";
  label?: string;
  type?: string;
  required?: boolean;
  /** @param value as typed, of any of these types where a flow was imported, or absent */
  validate?(this: EditorNode<Properties>, value: string | number | boolean | undefined, options: object): true | string;
}

type EditorNodeDefinition<Properties extends EditorNodeProperties, Credentials> = Omit<
  import("node-red").EditorNodeDef<Properties, Credentials>,
  "defaults"
> & {
  defaults: { [Name in keyof Properties]: EditorProperty<Properties, Properties[Name]> };
};

/** Files of the engine that the build puts into the dialogs that use them. */
declare const Languages: typeof import("./lib/assemblyai/languages");
declare const Parameters: typeof import("./lib/assemblyai/parameters");
declare const Pricing: typeof import("./lib/billing/pricing");

/** An import may be one of several `events`, with what it replaced. */
interface EditorHistoryEntry {
  /** ids */
  nodes?: readonly string[];
  workspaces?: readonly { id: string }[];
  events?: readonly EditorHistoryEntry[];
}

declare const RED: {
  /** The text of a key with its catalogue in front: "node-red-contrib-assemblyai/<node>:<key>". */
  _(key: string, values?: Record<string, string | number>): string;
  i18n: {
    /** The language that the editor's texts are in, such as "en-US". */
    lang(): string;
  };
  nodes: {
    registerType<Properties extends EditorNodeProperties, Credentials = undefined>(
      type: string,
      definition: EditorNodeDefinition<Properties, Credentials>,
    ): void;
    getType(type: string): { defaults: Readonly<Record<string, { value: unknown }>> };
    /** There is none for a node in a subflow's instance. */
    node(id: string): { type: string } | null | undefined;
  };
  events: {
    /** A tab was added: by an import, by its button, or when the flows are loaded. */
    on(event: "flows:add", listener: (flow: { id: string }) => void): void;
  };
  history: {
    /** The newest thing that can be undone. */
    peek(): EditorHistoryEntry | undefined;
  };
  workspaces: {
    show(id: string): void;
  };
  notify(text: string, type: "error"): void;
  plugins: {
    registerPlugin(id: string, plugin: { onadd(this: { _(key: string, values?: Record<string, string | number>): string }): void }): void;
  };
  sidebar: {
    addTab(tab: {
      id: string;
      label: string;
      name: string;
      iconClass: string;
      content: JQuery;
      /** can be used while a dialog is open */
      enableOnEdit: boolean;
      pinned: boolean;
    }): void;
  };
  user: { hasPermission(permission: string): boolean };
  view: { reveal(id: string): void };
  popover: {
    menu<Option extends { label: string | JQuery }>(menu: {
      options: Option[];
      onselect(option: Option): void;
      /** px */
      width?: number;
      /** px */
      maxHeight?: number;
      /** Removes the menu from the page. */
      disposeOnClose?: boolean;
    }): { show(place: { target: JQuery }): void };
  };
};
