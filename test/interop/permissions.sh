# What several users may do below $1, in the words of setfacl(1) and getfacl(1).
cd "$1"
as() {
  local uid=$1 groups=$2
  shift 2
  setpriv --reuid "$uid" --regid "$uid" --groups "$groups" -- "$@" 2>/dev/null && echo "$uid $*: yes" || echo "$uid $*: no"
}
alice() { as 1001 1001,2000 "$@"; }
bob() { as 1002 1002,2000 "$@"; }
carol() { as 1003 1003 "$@"; }
acl() { getfacl -npE "$1" | tail -n +2; }

alice mkdir -m 755 d
alice sh -c 'umask 022; echo text >d/f'
bob cat d/f
bob sh -c 'echo more >>d/f'
alice setfacl -m u:1002:rw d/f
bob sh -c 'echo more >>d/f'
carol sh -c 'echo more >>d/f'
alice chmod 600 d/f
bob cat d/f
acl d/f
alice setfacl -m g:2000:r,m::rw d/f
acl d/f
bob cat d/f
carol cat d/f
bob setfacl -m o::rwx d/f
carol chmod 777 d/f
bob chgrp 2000 d/f
alice chgrp 2000 d/f
alice chgrp 1003 d/f
alice setfacl -m d:u:1003:rwx,d:o::- d
acl d
alice sh -c 'umask 027; echo inherited >d/g; mkdir d/sub'
acl d/g
acl d/sub
carol cat d/g
carol touch d/new
alice setfacl -m u:1003:rwx d
carol touch d/new
acl d/new
carol rm d/f
alice chmod +t d
carol rm -f d/g
carol mv d/g d/h
carol rm d/new
alice ln d/g d/g2
alice setfacl -b d/g
acl d/g
stat -c '%a %u:%g %n' d d/g d/sub
alice rm -r d
ls
