// Command conformance verifies a log of ours with other people's code: golang.org/x/mod/sumdb
// (signed notes, tiles, inclusion and consistency proofs) and transparency-dev/formats
// (checkpoints, cosignatures, ECDSA note keys). Argument: the folder that examples_test wrote.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	flog "github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var checks int

func must(err error, what string, args ...any) {
	checks++
	if err != nil {
		log.Fatalf("%s: %v", fmt.Sprintf(what, args...), err)
	}
}

func demand(good bool, what string, args ...any) {
	checks++
	if !good {
		log.Fatalf("%s", fmt.Sprintf(what, args...))
	}
}

func read(parts ...string) []byte {
	data, err := os.ReadFile(filepath.Join(parts...))
	must(err, "reading %v", parts)
	return data
}

// tiles reads C2SP tlog-tiles: x/mod names the height in the path, C2SP does not.
type tiles struct {
	root   string
	damage bool
}

func (t tiles) Height() int                     { return 8 }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(t.root, "tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		if t.damage {
			data[len(data)-1] ^= 1
		}
		all = append(all, data)
	}
	return all, nil
}

func hashes(lines string) (all []tlog.Hash) {
	for _, line := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		if line == "" {
			continue
		}
		hash, err := tlog.ParseHash(line)
		must(err, "hash %q", line)
		all = append(all, hash)
	}
	return all
}

func equal(a, b []tlog.Hash) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func entries(root string, size int64) (all [][]byte) {
	for index := int64(0); index*256 < size; index++ {
		name := fmt.Sprintf("%03d", index)
		width := min(size-index*256, 256)
		if width < 256 {
			name += fmt.Sprintf(".p/%d", width)
		}
		data := read(root, "tile", "entries", name)
		for ; width > 0; width-- {
			length := int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
		demand(len(data) == 0, "bytes after bundle %s", name)
	}
	return all
}

func checkLog(root string) {
	vkey := strings.TrimSpace(string(read(root, "key")))
	verifier, err := fnote.NewVerifier(vkey)
	must(err, "log key by transparency-dev/formats")
	if filepath.Base(root) == "ed25519" {
		verifier, err = note.NewVerifier(vkey)
		must(err, "log key by x/mod")
	}
	witness, err := fnote.NewVerifierForCosignatureV1(strings.TrimSpace(string(read(root, "witness"))))
	must(err, "witness key")
	for _, path := range list(root, "checkpoints") {
		signed := read(path)
		opened, err := note.Open(signed, note.VerifierList(verifier, witness))
		must(err, "note %s", path)
		demand(len(opened.Sigs) == 2 && len(opened.UnverifiedSigs) == 0, "signatures of %s", path)
		stamp, err := fnote.CoSigV1Timestamp(opened.Sigs[1])
		must(err, "time of the cosignature of %s", path)
		demand(stamp.UTC().Format("2006-01-02T15:04:05Z") == "2026-01-02T03:04:05Z", "time %v", stamp)
		broken := bytes.Replace(signed, []byte("\n"), []byte("x\n"), 1)
		_, err = note.Open(broken, note.VerifierList(verifier, witness))
		demand(err != nil, "a changed note opened")
		var checkpoint flog.Checkpoint
		rest, err := checkpoint.Unmarshal([]byte(opened.Text))
		must(err, "checkpoint %s", path)
		demand(len(rest) == 0 && checkpoint.Origin == verifier.Name(), "checkpoint %s", path)

		tree := tlog.Tree{N: int64(checkpoint.Size), Hash: tlog.Hash(checkpoint.Hash)}
		reader := tlog.TileHashReader(tree, tiles{root: root})
		for i, entry := range entries(root, tree.N) {
			stored, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
			must(err, "leaf %d", i)
			demand(stored[0] == tlog.RecordHash(entry), "leaf %d is not the entry's", i)
		}
		_, err = tlog.TileHashReader(tree, tiles{root: root, damage: true}).ReadHashes([]int64{0})
		demand(err != nil, "a changed tile was believed")
		checkProofs(root, tree, reader, opened.Text, note.VerifierList(verifier, witness))
	}
}

func checkProofs(root string, tree tlog.Tree, reader tlog.HashReader, text string, known note.Verifiers) {
	all := entries(root, tree.N)
	for _, path := range list(root, "proofs") {
		size, number, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".tlog-proof"), "-")
		if size != strconv.FormatInt(tree.N, 10) {
			continue
		}
		head, checkpoint, _ := strings.Cut(string(read(path)), "\n\n")
		opened, err := note.Open([]byte(checkpoint), known)
		must(err, "checkpoint in %s", path)
		demand(opened.Text == text, "checkpoint in %s", path)
		lines := strings.SplitN(head, "\n", 4)
		demand(lines[0] == "c2sp.org/tlog-proof@v1" && lines[2] == "index "+number, "head of %s", path)
		entry, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(lines[1], "extra "))
		must(err, "extra of %s", path)
		index, err := strconv.ParseInt(number, 10, 64)
		must(err, "index of %s", path)
		demand(bytes.Equal(entry, all[index]), "entry in %s", path)
		var ours tlog.RecordProof
		if len(lines) == 4 {
			ours = hashes(lines[3])
		}
		theirs, err := tlog.ProveRecord(tree.N, index, reader)
		must(err, "proving %d in %d", index, tree.N)
		demand(equal(ours, theirs), "%s is not the proof that tlog makes", path)
		must(tlog.CheckRecord(ours, tree.N, tree.Hash, index, tlog.RecordHash(entry)), "%s", path)
		demand(tlog.CheckRecord(ours, tree.N, tree.Hash, index, tlog.RecordHash(nil)) != nil, "%s", path)
	}
	for _, path := range list(root, "consistency") {
		first, second, _ := strings.Cut(filepath.Base(path), "-")
		if second != strconv.FormatInt(tree.N, 10) {
			continue
		}
		older, err := strconv.ParseInt(first, 10, 64)
		must(err, "size in %s", path)
		lines := hashes(string(read(path)))
		var ours tlog.TreeProof = lines[1:]
		theirs, err := tlog.ProveTree(tree.N, older, reader)
		must(err, "proving %d to %d", older, tree.N)
		demand(equal(ours, theirs), "%s is not the proof that tlog makes", path)
		must(tlog.CheckTree(ours, tree.N, tree.Hash, older, lines[0]), "%s", path)
		demand(tlog.CheckTree(ours, tree.N, tree.Hash, older, tlog.Hash{}) != nil, "%s", path)
	}
}

func list(parts ...string) []string {
	paths, err := filepath.Glob(filepath.Join(append(parts, "*")...))
	must(err, "listing %v", parts)
	demand(len(paths) > 0, "nothing in %v", parts)
	return paths
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: conformance FOLDER")
	}
	for _, root := range list(os.Args[1]) {
		before := checks
		checkLog(root)
		fmt.Printf("%s: %d checks passed\n", filepath.Base(root), checks-before)
	}
}
