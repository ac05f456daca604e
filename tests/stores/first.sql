BEGIN TRANSACTION;
CREATE TABLE attempts (
	id VARCHAR(32) NOT NULL, 
	learner VARCHAR(200) NOT NULL, 
	item VARCHAR(200) NOT NULL, 
	sitting VARCHAR(32) NOT NULL, 
	answer JSON NOT NULL, 
	points FLOAT NOT NULL, 
	out_of FLOAT NOT NULL, 
	version VARCHAR(64) NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "attempts" VALUES('e9ef98de3085c17e422633c48e878952','me','01-q-campsite','quiz-01-1','[1, 3]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:04.014616');
INSERT INTO "attempts" VALUES('697c7c77c34351150d7de468c0eb1a5c','me','01-q-match-boats','quiz-01-1','[0, 2, 3, 1]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:04.016525');
INSERT INTO "attempts" VALUES('8077d17a3460da1ddd4170af59d4fe3e','me','01-q-hears-jacket','quiz-01-1','[3]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:04.017336');
INSERT INTO "attempts" VALUES('e2d835c8aff0526339829081f45bb5b3','me','01-q-rewrite-accounts','quiz-01-1','"I could do it for 180 a month, if you''d like that. If you''d rather keep your Sundays with the books, that''s fine too."',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:05.871830');
INSERT INTO "attempts" VALUES('c427ba2e77d43c3ee19400897efab8e5','me','01-q-hears-green','quiz-01-1','[2]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:06.000356');
INSERT INTO "attempts" VALUES('fcbf69a1b71dd0b16a938b6624fd10f5','me','01-q-next','quiz-01-1','[2]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:06.001832');
INSERT INTO "attempts" VALUES('d96e1bd79ccfdbc030fd82906dc61bc1','me','01-q-mark-insurance','quiz-01-1','[7, 8, 9, 10, 11]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:06.002676');
INSERT INTO "attempts" VALUES('f067f2768692025987520658e9ee94c2','me','01-q-laptop','quiz-01-1','[0]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:06.003431');
INSERT INTO "attempts" VALUES('2454da3ba4938260441510edf5ab2a17','me','01-q-heard','quiz-01-2','[0]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:06.005787');
INSERT INTO "attempts" VALUES('aae0f19b3b2d98cebb16e023f75f9169','me','01-q-order','quiz-01-2','[1]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:06.006395');
INSERT INTO "attempts" VALUES('2217faf2f16766b9967e82aebf4718d0','me','01-q-right','quiz-01-2','[3]',1.0,1.0,'8686f7f94f4a','2026-11-22 05:42:06.007054');
INSERT INTO "attempts" VALUES('57c54f73128046ffa7081c79f65ce183','me','00-first-line','','"It''s 40 a month. Would that suit you?"',1.0,1.0,'v','2026-11-22 05:42:06.007635');
CREATE TABLE drafts (
	learner VARCHAR(200) NOT NULL, 
	item VARCHAR(200) NOT NULL, 
	text TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (learner, item)
);
INSERT INTO "drafts" VALUES('me','paper:quiz-01-1','[["01-q-campsite", [2, 4, 1, 3, 0]], ["01-q-match-boats", [0, 2, 1, 3]], ["01-q-hears-jacket", [3, 0, 1, 2]], ["01-q-rewrite-accounts", []], ["01-q-hears-green", [1, 2, 0, 3]], ["01-q-next", [3, 1, 2, 0]], ["01-q-mark-insurance", []], ["01-q-laptop", [2, 3, 1, 0]]]','2026-11-22 05:42:04.011898');
INSERT INTO "drafts" VALUES('me','paper:quiz-01-2','[["01-q-heard", [1, 3, 0, 2]], ["01-q-order", [3, 2, 1, 0]], ["01-q-right", [3, 0, 1, 2]], ["01-q-mark-kitchen", []], ["01-q-match-prams", [3, 1, 0, 2]], ["01-q-hears-glacier", [2, 3, 0, 1]], ["01-q-rewrite-glasses", []], ["01-q-which-invite", [1, 0, 4, 2, 3]]]','2026-11-22 05:42:06.005238');
INSERT INTO "drafts" VALUES('me','own:workshop','“עברית” 😀','2026-11-22 05:42:06.008084');
INSERT INTO "drafts" VALUES('me','quiz-01-2:quiz-01-x','words not handed in','2026-11-22 05:42:06.008373');
CREATE INDEX attempts_by_learner_and_item ON attempts (learner, item);
COMMIT;
