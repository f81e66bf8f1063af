
# What may stand where the cursor is. Knows no option and no command: the tables do.

# Sets the place that the words before the cursor lead to, what may stand there, and the rest of the words.
function __protowrap_walk --no-scope-shadowing
    set place ''
    set rest (commandline -opc)
    set -e rest[1]
    __protowrap_place
    while set -q rest[1]
        if contains -- $rest[1] $follow
            set place (string trim -- "$place $rest[1]")
        else if set -q module[1]; and string match -q '*/*' -- $rest[1]
            set place (string trim -- "$place /")
        else
            break
        end
        set -e rest[1]
        __protowrap_place
    end
end

# Whether options of a group may stand here.
function __protowrap_has --argument-names group
    set -l place
    set -l rest
    set -l follow
    set -l groups
    set -l module
    set -l server
    __protowrap_walk
    contains -- $group $groups
end

# Whether a word that is named at this place may stand here.
function __protowrap_at --argument-names asked
    set -l place
    set -l rest
    set -l follow
    set -l groups
    set -l module
    set -l server
    __protowrap_walk
    not set -q rest[1]; and test "$place" = "$asked"
end

# Whether the path of a module may stand here.
function __protowrap_takes_module
    set -l place
    set -l rest
    set -l follow
    set -l groups
    set -l module
    set -l server
    __protowrap_walk
    not set -q rest[1]; and set -q module[1]; and string match -qr '^[./~]' -- (commandline -ct)
end

# Whether the server's program may stand here, or one of its arguments.
function __protowrap_serves --argument-names what
    set -l place
    set -l rest
    set -l follow
    set -l groups
    set -l module
    set -l server
    __protowrap_walk
    set -q server[1]; or return 1
    set -l dashes (contains -i -- -- $rest); or return 1
    if test $dashes = (count $rest)
        test $what = program
    else
        test $what = argument
    end
end

# Programs by their absolute paths: no other is taken.
function __protowrap_programs
    set -l path (commandline -ct)
    switch "$path"
        case ''
            echo /
        case '/*'
            complete -C (string escape -- $path)
    end
end

# Paths behind the beginnings of the current value that a path may follow.
function __protowrap_paths
    set -l value (string replace -r '^--[^=]*=' '' -- (commandline -ct))
    for beginning in $argv
        if string match -q -- "$beginning*" "$value"
            set -l path (string replace -- "$beginning" '' "$value")
            string replace -r '^' "$beginning" -- (__fish_complete_path "$path")
        end
    end
end

complete -c protowrap -f
complete -c protowrap -n __protowrap_takes_module -F
complete -c protowrap -n '__protowrap_serves program' -a '(__protowrap_programs)'
complete -c protowrap -n '__protowrap_serves argument' -F
