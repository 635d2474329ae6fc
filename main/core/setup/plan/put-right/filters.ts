/** The texts that an MLflow is started by, put right by sed: what comes by stdin goes to stdout. */

/** What is changed in a start script or a unit's command. Comments are left alone. */
export const filterFunctions = String.raw`
filter_bind() {
  filter_program=$(
    cat <<'SED'
/^[[:space:]]*#/!{
  s/(^|[[:space:]])(--host|-h)([[:space:]]+|=)(["']?)(0\.0\.0\.0|::|\*)(["']?)([[:space:]]|\\|$)/\1\2\3\4127.0.0.1\6\7/g
  s/(--bind|-b)([[:space:]]+|=)(["']?)(0\.0\.0\.0|\[::\]|\*)?:([0-9])/\1\2\3127.0.0.1:\5/g
  s/(^|[[:space:];"'=])((MLFLOW_)?HOST=)(["']?)(0\.0\.0\.0|::)(["']?)/\1\2\4127.0.0.1\6/g
}
SED
  )
  sed -E "$filter_program"
}
# filter_hosts: names that a tunnel's end has, each with and without a port, in place of any name.
filter_hosts() {
  filter_program=$(
    cat <<'SED'
/^[[:space:]]*#/!{
  s/(--allowed-hosts)([[:space:]]+|=)(["']?)\*(["']?)([[:space:]]|\\|$)/\1\2\3localhost,localhost:*,127.0.0.1,127.0.0.1:*\4\5/g
  s/((MLFLOW_SERVER_|MLFLOW_)?ALLOWED_HOSTS=)(["']?)\*(["']?)([[:space:];]|$)/\1\3localhost,localhost:*,127.0.0.1,127.0.0.1:*\4\5/g
}
SED
  )
  sed -E "$filter_program"
}
# filter_paths: relative ones are meant from the folder $cwd.
filter_paths() {
  filter_program=$(
    cat <<'SED'
/^[[:space:]]*#/!{
  s#sqlite:///\./#sqlite:///#g
  s#sqlite:///([A-Za-z0-9_.])#sqlite:///@@CWD@@/\1#g
  s#(--artifacts-destination|--backend-store-uri|MLFLOW_BACKEND_STORE_URI|MLFLOW_ARTIFACTS_DESTINATION)([[:space:]]+|=)(["']?)\./#\1\2\3@@CWD@@/#g
  s#(--artifacts-destination|--backend-store-uri|MLFLOW_BACKEND_STORE_URI|MLFLOW_ARTIFACTS_DESTINATION)([[:space:]]+|=)(["']?)([A-Za-z0-9_][A-Za-z0-9_./-]*)(["']?)([[:space:]]|\\|$)#\1\2\3@@CWD@@/\4\5\6#g
}
SED
  )
  sed -E "$(printf '%s' "$filter_program" | sed "s#@@CWD@@#$cwd#g")"
}
# unnamed_store: MLflow is told of no database, and so takes mlflow.db of the folder that it happens to run in.
unnamed_store() {
  [ -f "$cwd/mlflow.db" ] && [ ! -e "$cwd/mlruns/0/meta.yaml" ] || return 1
  unnamed_pid=$(top_pid) || return 1
  for unnamed in "$unnamed_pid" $(cat "/proc/$unnamed_pid/task/$unnamed_pid/children" 2>/dev/null); do
    if cat "/proc/$unnamed/cmdline" "/proc/$unnamed/environ" 2>/dev/null | grep -qa -e --backend-store-uri -e '\(^\|[^A-Z_]\)MLFLOW_BACKEND_STORE_URI='; then
      return 1
    fi
  done
}
`;
