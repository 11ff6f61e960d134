module canned

go 1.24
