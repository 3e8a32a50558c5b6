/** Variables that a recorder needs: for its own path, for its device and sound server, for the language of its messages. */
const RECORDER =
  /^(?:PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|XDG_RUNTIME_DIR|XDG_CONFIG_HOME|DBUS_SESSION_BUS_ADDRESS|AUDIODEV|AUDIODRIVER|(?:ALSA|PULSE|PIPEWIRE|JACK|SOX)_\w+)$/;
/** Variables that any program on Windows needs; names ignore case there. */
const WINDOWS =
  /^(?:PATH|PATHEXT|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|TEMP|TMP|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|PROGRAMDATA)$/i;
/** Variables that npm reads beside these: its configuration, the tokens that this names, proxies and certificates. */
const NPM =
  /^(?:npm_\w.*|NPM_TOKEN|NODE_AUTH_TOKEN|(?:https?|all|no)_proxy|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|SSL_CERT_(?:FILE|DIR)|XDG_CACHE_HOME|NVM_\w+)$/i;

const KINDS = { recorder: [RECORDER, WINDOWS], npm: [RECORDER, WINDOWS, NPM] };

/**
 * The part of an environment that a child process gets. The list names what is needed, not what is secret: the API key may be in
 * a variable of any name.
 */
export function childEnvironment(env: NodeJS.ProcessEnv, kind: keyof typeof KINDS): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => KINDS[kind].some((needed) => needed.test(name))));
}
