/** Shells that can be taught to complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/*
 * Each script hands the words so far to the program, which knows commands, options and keys; so there is nothing to keep in step.
 * A candidate that ends in a slash can go on, and gets no space behind it.
 */

const BASH = `# bash completion of hfs_config: source <(hfs_config completion bash)
_hfs_config() {
  local line=\${COMP_LINE:0:COMP_POINT} words current found candidate
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[-1]}
  # What bash has split at a colon stays on the line: only what follows the last one is replaced.
  local kept=''
  [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && kept=\${current%"\${current##*:}"}
  COMPREPLY=()
  mapfile -t found < <("\${words[0]}" completion bash -- "\${words[@]:1}" 2>/dev/null)
  for candidate in "\${found[@]}"; do
    candidate=\${candidate#"$kept"}
    [[ $candidate == */ || $candidate == *= ]] && compopt -o nospace 2>/dev/null
    COMPREPLY+=("$(printf '%q' "$candidate")")
  done
}
complete -o default -F _hfs_config hfs_config
`;

const ZSH = `#compdef hfs_config
# zsh completion of hfs_config: source <(hfs_config completion zsh), or as _hfs_config in a directory of $fpath
_hfs_config() {
  local -a found ends open
  found=("\${(@f)$(\${words[1]} completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  (( \${#found} )) || { _files; return }
  open=(\${(M)found:#*/})
  ends=(\${found:#*/})
  (( \${#open} )) && compadd -S '' -- $open
  (( \${#ends} )) && compadd -- $ends
  return 0
}
if [[ $funcstack[1] == _hfs_config ]]; then
  _hfs_config "$@"
else
  compdef _hfs_config hfs_config
fi
`;

const FISH = `# fish completion of hfs_config: hfs_config completion fish | source
function __hfs_config_candidates
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  $before[1] completion fish -- $before[2..-1] "$current" 2>/dev/null
end
complete -c hfs_config -f -a '(__hfs_config_candidates)'
complete -c hfs_config -l from -r -F
complete -c hfs_config -l brick -r -F
complete -c hfs_config -l state-dir -r -F
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
